import { Page } from '../../ui';

export default function AddServer() {
	return <Page title="Add a server" />;
}
