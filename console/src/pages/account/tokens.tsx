// API tokens: for scripts that work in somebody's name, never with more than their owner may.
import { useState } from 'preact/hooks';
import { api, seg } from '../../app/api';
import { useAction, useApi } from '../../app/use';
import type { ApiToken, RoleGiven } from '../../app/types';
import { Button, Checkbox, Confirm, Dialog, Empty, Form, IconButton, Problem, Section, Select, Skeleton, Table, TextField, Time, toast, type Column } from '../../ui';
import { LIFETIMES, expiryOf } from '../grants/grant';
import { TokenOnce } from '../grants/parts';
import { RoleMatrix } from '../users/matrix';
import { rolesText } from '../users/roles';

export const tokenColumns = (onEnd: (t: ApiToken) => void): Column<ApiToken>[] => [
	{ key: 'name', title: 'Name', isMain: true, render: (t) => t.name },
	{ key: 'roles', title: 'May', render: (t) => (t.is_limited ? rolesText(t.roles) : 'All that its owner may') },
	{ key: 'expires', title: 'Expires', render: (t) => <Time at={t.expires_at} none="never" /> },
	{ key: 'used', title: 'Last used', render: (t) => <Time at={t.last_used_at} none="never" /> },
	{ key: 'end', title: '', align: 'end', render: (t) => <IconButton icon="trash" size="small" label={`End ${t.name}`} onClick={() => onEnd(t)} /> },
];

function NewToken({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
	const [name, setName] = useState('');
	const [lifetime, setLifetime] = useState('90d');
	const [isLess, setLess] = useState(false);
	const [roles, setRoles] = useState<RoleGiven[]>([{ role: 'viewer', server: null }]);
	const [secret, setSecret] = useState<string>();
	const make = useAction(async () => {
		const expires = expiryOf(lifetime, '', Date.now());
		setSecret((await api.post<{ secret: string }>('/tokens', { name: name.trim(), ...(expires ? { expires_at: expires } : {}), ...(isLess ? { roles } : {}) })).secret);
		onDone();
	});
	if (secret)
		return <Dialog title="The token is ready" onClose={onClose} isFixed footer={<Button kind="primary" onClick={onClose}>I have copied it</Button>}><TokenOnce token={secret} /></Dialog>;
	const e = make.error;
	return (
		<Dialog title="New API token" size={isLess ? 'large' : undefined} onClose={onClose} footer={<><Button onClick={onClose}>Cancel</Button><Button kind="primary" isBusy={make.isBusy} type="submit" form="dialog-form">Make the token</Button></>}>
			<Form id="dialog-form" onSubmit={() => void make.run()}>
				<TextField label="Name" value={name} onInput={setName} error={e?.at('/name')} placeholder="Backup script" autoFocus maxLength={128} hint="So that you know later what it is for." />
				<Select label="Expires" value={lifetime} onChange={setLifetime} options={[...LIFETIMES]} error={e?.at('/expires_at')} />
				<Checkbox label="It may do less than I may" checked={isLess} onChange={setLess} hint="A token never may more than its owner, whatever is ticked." />
				{isLess && <RoleMatrix value={roles} onChange={setRoles} error={e?.at('/roles')} />}
				{e && !e.errors.length && <Problem error={e} />}
			</Form>
		</Dialog>
	);
}

export function OwnTokens() {
	const list = useApi<{ tokens: ApiToken[] }>('/tokens');
	const [isOpen, setOpen] = useState(false);
	const [gone, setGone] = useState<ApiToken>();
	const end = useAction(async (t: ApiToken) => { await api.del(`/tokens/${seg(t.id)}`, { ifMatch: '*' }); setGone(undefined); toast('The token is refused from now on.'); list.reload(); });
	return (
		<Section title="API tokens" lead="For scripts that work in your name, at /api/v1." actions={<Button size="small" icon="plus" onClick={() => setOpen(true)}>New token</Button>}>
			{list.error ? <Problem error={list.error} onRetry={list.reload} /> : !list.data ? <Skeleton rows={2} />
				: <Table label="Your API tokens" columns={tokenColumns(setGone)} rows={list.data.tokens} keyOf={(t) => t.id} empty={<Empty icon="key" title="No tokens"><p>Make one when a script or a pipeline is to use the API, rather than giving it your password.</p></Empty>} />}
			{isOpen && <NewToken onClose={() => setOpen(false)} onDone={list.reload} />}
			{gone && <Confirm title={`End the token ${gone.name}?`} action="End it" onClose={() => setGone(undefined)} onConfirm={() => void end.run(gone)} isBusy={end.isBusy} error={end.error}>Programs that use it are refused at once.</Confirm>}
		</Section>
	);
}
