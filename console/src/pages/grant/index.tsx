import { Page } from '../../ui';

export default function Grant() {
	return <Page title="Grant" />;
}
