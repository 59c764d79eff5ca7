import { Page } from '../../ui';

export default function Tool() {
	return <Page title="Tool" />;
}
