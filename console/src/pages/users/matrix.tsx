// Who may do what: a row for the organisation and one for each server that has roles of its own.
import { useApi } from '../../app/use';
import type { RoleGiven } from '../../app/types';
import { Checkbox, Icon, IconButton, Select } from '../../ui';
import { useState } from 'preact/hooks';
import { ROLES, hasRole, includedBy, serversOf, withRole, withoutServer } from './roles';

interface Props { value: RoleGiven[]; onChange: (v: RoleGiven[]) => void; disabled?: boolean; error?: string; isOnly?: (g: RoleGiven) => boolean }

export function RoleMatrix({ value, onChange, disabled, error }: Props) {
	const names = useApi<{ servers: { name: string }[] }>('/servers', { limit: 200 });
	const [extra, setExtra] = useState<string[]>([]);
	const rows: (string | null)[] = [null, ...new Set([...serversOf(value), ...extra])];
	const left = (names.data?.servers ?? []).map((s) => s.name).filter((s) => !rows.includes(s));
	return (
		<div class={`matrix-box ${error ? 'has-error' : ''}`}>
			<div class="table-scroll">
				<table class="matrix">
					<thead><tr><th scope="col"><span class="sr-only">Where</span></th>{ROLES.map((r) => <th key={r.value} scope="col" title={r.help}>{r.label}</th>)}<th scope="col"><span class="sr-only">Remove</span></th></tr></thead>
					<tbody>{rows.map((server) => (
						<tr key={server ?? ''}>
							<th scope="row">{server ?? 'The organisation'}</th>
							{ROLES.map((r) => {
								const by = includedBy(value, r.value, server), has = hasRole(value, r.value, server);
								return <td key={r.value} data-label={r.label} title={by && !has ? `Already given: ${by}` : undefined}>
									{by && !has ? <span class="matrix-by"><Icon name="check" size={14} /><span class="sr-only">{r.label}, already given by {by}</span></span>
										: <Checkbox label={`${r.label} of ${server ?? 'the organisation'}`} isLabelHidden checked={has} disabled={disabled} onChange={(on) => onChange(withRole(value, r.value, server, on))} />}
								</td>;
							})}
							<td>{server !== null && !disabled && <IconButton icon="close" size="small" label={`No roles of its own at ${server}`} onClick={() => { setExtra(extra.filter((s) => s !== server)); onChange(withoutServer(value, server)); }} />}</td>
						</tr>))}</tbody>
				</table>
			</div>
			{!disabled && left.length > 0 && <Select class="binding-add" label="Roles at one server" isLabelHidden value="" onChange={(s) => { if (s) setExtra([...extra, s]); }} options={[{ value: '', label: 'Add roles at one server…' }, ...left]} />}
			{error && <p class="field-error"><Icon name="warn" size={14} /> {error}</p>}
			<details class="matrix-help"><summary>What the roles may do</summary><dl class="kv">{ROLES.map((r) => <div key={r.value}><dt>{r.label}</dt><dd>{r.help}</dd></div>)}</dl></details>
		</div>
	);
}
