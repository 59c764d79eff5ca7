import { Page } from '../../ui';

export default function Server() {
	return <Page title="Server" />;
}
