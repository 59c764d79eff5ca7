import { Page } from '../../ui';

export default function User() {
	return <Page title="User" />;
}
