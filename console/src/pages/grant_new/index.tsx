import { Page } from '../../ui';

export default function NewGrant() {
	return <Page title="New grant" />;
}
