import { Page } from '../../ui';

export default function Servers() {
	return <Page title="Servers" />;
}
