import { Page } from '../../ui';

export default function Policy() {
	return <Page title="Policy" />;
}
