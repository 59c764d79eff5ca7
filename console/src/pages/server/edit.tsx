// Changing a server. When somebody else has changed it meanwhile, both stand side by side.
import { useEffect, useState } from 'preact/hooks';
import { ApiError, api, asError, seg } from '../../app/api';
import { useDraft } from '../../app/drafts';
import { useLeaveGuard } from '../../app/router';
import type { Server, ServerInput } from '../../app/types';
import { ServerForm } from '../../parts/server_form';
import { Button, DifferenceView, Form, Note, Problem, Section, toast } from '../../ui';

const input = (s: Server): ServerInput => ({ name: s.name, ...(s.url !== undefined ? { url: s.url, headers: s.headers ?? [] } : { command: s.command, cwd: s.cwd, env: s.env ?? [], per: s.per }),
	is_enabled: s.is_enabled, limits: s.limits ?? {} });

// Secrets that were typed are not kept with the draft.
const withoutSecrets = (s: ServerInput): ServerInput => ({ ...s, env: s.env?.map(({ value: _, ...p }) => p), headers: s.headers?.map(({ value: _, ...p }) => p) });

const body = (s: ServerInput) => {
	const pairs = (v: ServerInput['env']) => v?.filter((p) => p.name || p.value).map((p) => (p.value === undefined ? { name: p.name } : { name: p.name, value: p.value }));
	return { ...s, ...(s.env ? { env: pairs(s.env) } : {}), ...(s.headers ? { headers: pairs(s.headers) } : {}) };
};

export function Edit({ server, etag, onSaved }: { server: Server; etag?: string; onSaved: () => void }) {
	const key = `server:${server.name}`;
	const [draft, setDraft, clear, isDraft] = useDraft<ServerInput>(key, input(server));
	const [value, setValue] = useState(draft);
	const [error, setError] = useState<ApiError>();
	const [isBusy, setBusy] = useState(false);
	const [turn, setTurn] = useState(0);
	const isDirty = JSON.stringify(value) !== JSON.stringify(input(server));
	useLeaveGuard(isDirty && !isBusy);
	useEffect(() => { if (!isDraft) setValue(input(server)); }, [server]);
	const change = (v: ServerInput) => { setValue(v); setDraft(withoutSecrets(v)); };
	const reset = () => { clear(); setValue(input(server)); setError(undefined); setTurn((n) => n + 1); onSaved(); };
	const save = async (ifMatch: string) => {
		setBusy(true);
		setError(undefined);
		try {
			await api.put(`/servers/${seg(server.name)}`, body(value), { ifMatch });
			clear();
			toast(`${server.name} was saved, and is used as it is now.`);
			setTurn((n) => n + 1);
			onSaved();
		} catch (e) {
			setError(asError(e));
		}
		setBusy(false);
	};
	if (server.is_from_file)
		return <Note title="This server stands in gatehouse.yaml">Change it there, and run <code>gatehouse reload</code> or restart the gate. What stands in the file cannot be changed here.</Note>;
	return (
		<Section>
			<Form onSubmit={() => save(etag ?? '*')}>
				{error?.status === 412 ? (
					<Note tone="warn" title="Somebody else has changed this server meanwhile" actions={undefined}>
						<div class="stack-small"><DifferenceView items={error.difference} from="Theirs, now in force" to="Yours" />
							<div class="row"><Button size="small" kind="primary" onClick={() => save('*')}>Save mine over it</Button><Button size="small" onClick={reset}>Take theirs</Button></div></div>
					</Note>) : error && <Problem error={error} />}
				<ServerForm key={turn} value={value} onChange={change} error={error} isNameFixed />
				<div class="form-actions"><Button kind="primary" type="submit" isBusy={isBusy} disabled={!isDirty}>Save</Button>{isDirty && <Button kind="quiet" onClick={reset}>Discard changes</Button>}</div>
			</Form>
		</Section>
	);
}
