import { Page } from '../../ui';

export default function Policies() {
	return <Page title="Policies" />;
}
