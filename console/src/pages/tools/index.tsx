import { Page } from '../../ui';

export default function Tools() {
	return <Page title="Tools" />;
}
