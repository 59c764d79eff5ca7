import { useState } from 'preact/hooks';
import { ApiError, api, asError } from '../../app/api';
import { useUser } from '../../app/session';
import type { Grant } from '../../app/types';
import { Button, Form, KeyValues, Problem, Section, TextField } from '../../ui';

export function GrantStep({ server, policy, onDone }: { server: string; policy: string; onDone: (g: { id: string; label: string; token: string }) => void }) {
	const user = useUser();
	const [label, setLabel] = useState(() => `${(user?.name ?? 'my').replace(/[^\w-]+/g, '-')}-laptop`);
	const [isBusy, setBusy] = useState(false);
	const [error, setError] = useState<ApiError>();
	const make = async () => {
		setBusy(true);
		setError(undefined);
		try {
			const r = await api.post<{ grant: Grant; token: string }>('/grants', { label, bindings: [{ server, policy }] });
			onDone({ id: r.grant.id, label: r.grant.label, token: r.token });
		} catch (e) {
			setError(asError(e));
		}
		setBusy(false);
	};
	return (
		<Section>
			<Form onSubmit={make}>
				<TextField label="Label" isMono value={label} onInput={setLabel} error={error?.at('/label')} autoFocus hint="Who or what uses it, as alice-laptop or ci-runner. One grant for each client lets you take back one alone." />
				<KeyValues items={[['Server', <code>{server}</code>], ['Policy', <code>{policy}</code>]]} />
				{error && !error.at('/label') && <Problem error={error} />}
				<div class="form-actions"><Button kind="primary" type="submit" isBusy={isBusy} disabled={!label.trim()}>Create the grant</Button></div>
			</Form>
		</Section>
	);
}
