// Conditions: a path, an operator that fits its type, and a value for that.
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { type ArgPath, FACTS, LABELS, type Node, type ObjectNode, type Path, SQL_KINDS, carried, find, findPath, firstValue, insert, isCondition, member,
	operatorOf, operatorsFor, pointerOf, prune, rawOf, remove } from '../../policy';
import { set } from '../../policy/model';
import { Button, IconButton, Select, TextField } from '../../ui';
import { useBuilder } from './context';
import { CustomJson, NumberField, Problems, ScalarField, WordsField } from './inputs';

const textAt = (n: Node | undefined, key: string): string => {
	const v = member(n, key);
	return v?.kind === 'string' ? v.value : '';
};

// An argument or a fact, typed or chosen.
export function PathField({ path, label, isArgument, isLabelHidden, hint }: { path: Path; label: ComponentChildren; isArgument?: boolean; isLabelHidden?: boolean; hint?: ComponentChildren }) {
	const { view, edit, argsFor, isReadOnly } = useBuilder();
	const node = find(view.root, path), id = useId();
	const all = isArgument ? argsFor(path) : [...argsFor(path), ...FACTS];
	return (
		<>
			<TextField label={label} isLabelHidden={isLabelHidden} hint={hint} isMono value={node?.kind === 'string' ? node.value : ''} list={id} readOnly={isReadOnly} placeholder="args.path"
				autoComplete="off" onInput={(v) => edit((t) => set(t, path, JSON.stringify(v)), `path ${path.join('/')}`)} />
			<datalist id={id}>{all.map((p) => <option key={p.path} value={p.path}>{p.description?.slice(0, 80) ?? p.type}</option>)}</datalist>
		</>
	);
}

const pairs = (words: readonly string[]) => words.map((w) => [w, w] as const);

function Value({ path, node, op, arg }: { path: Path; node: Node | undefined; op: string; arg: ArgPath }) {
	const { edit, isReadOnly } = useBuilder();
	const o = operatorOf(op)!, at = [...path, 'value'];
	const about = { label: 'Value', isLabelHidden: true, placeholder: o.placeholder, class: 'b-value' };
	const put = (raw: string) => edit((t) => set(t, at, raw), `value ${at.join('/')}`);
	switch (o.value) {
	case 'flag':
	case 'maybe-flag':
		return <Select {...about} value={node?.kind === 'boolean' ? String(node.value) : 'true'} disabled={isReadOnly} onChange={put} options={[{ value: 'true', label: 'yes' }, { value: 'false', label: 'no' }]} />;
	case 'length':
		return <NumberField {...about} value={node?.kind === 'number' ? node.raw : ''} onValue={put} isInteger min={0} />;
	case 'list':
		return <WordsField {...about} node={node} path={at} type={arg.type} options={(arg.options ?? []).map((raw) => [raw.startsWith('"') ? JSON.parse(raw) as string : raw, raw] as const)} />;
	case 'texts':
		return <WordsField {...about} node={node} path={at} />;
	case 'labels':
		return <WordsField {...about} node={node} path={at} options={pairs(LABELS)} />;
	case 'sql':
		return <WordsField {...about} node={node} path={at} options={pairs(SQL_KINDS)} />;
	default:
		return node ? <ScalarField {...about} node={node} path={at} type={o.value === 'same' || o.value === 'ordered' ? arg.type : 'string'} options={o.value === 'same' && op !== 'contains' ? arg.options : undefined} /> : null;
	}
}

function Condition({ path, node, word, onRemove }: { path: Path; node: ObjectNode; word: string; onRemove: () => void }) {
	const { view, edit, argsFor, isReadOnly } = useBuilder();
	const arg = findPath(textAt(node, 'path'), argsFor(path)), op = textAt(node, 'op'), value = member(node, 'value');
	const fitting = operatorsFor(arg.type), isOdd = !fitting.some((o) => o.op === op);
	const options = [...fitting, ...(isOdd ? [operatorOf(op)!] : [])].map((o) => ({ value: o.op, label: o.label }));
	const change = (next: string) => edit((t) => {
		const to = operatorOf(next)!;
		const raw = carried(value, value && rawOf(view.text, value), next, arg.type, arg.options);
		t = set(t, [...path, 'op'], JSON.stringify(next));
		for (const k of ['schemes', 'dialect'])
			t = remove(t, [...path, k]);
		return to.value === 'maybe-flag' && !value ? t : set(t, [...path, 'value'], raw);
	});
	return (
		<div class="b-condition">
			<span class="b-and muted">{word}</span>
			<div class="b-condition-parts">
				<div class="b-cond-path"><PathField path={[...path, 'path']} label="Argument or fact" isLabelHidden /></div>
				<Select label="Operator" isLabelHidden class="b-cond-op" value={op} disabled={isReadOnly} onChange={change} options={options} />
				<Value path={path} node={value} op={op} arg={arg} />
				{member(node, 'schemes') && <WordsField label="Schemes" hint="In place of http and https." node={member(node, 'schemes')} path={[...path, 'schemes']} />}
			</div>
			{!isReadOnly && <IconButton icon="close" size="small" label="Remove this condition" onClick={onRemove} />}
			{operatorOf(op)?.help && <p class="field-hint b-cond-hint">{operatorOf(op)!.help}</p>}
			<Problems path={path} isDeep />
		</div>
	);
}

// A new condition begins with an argument that no other one looks at.
function firstCondition(args: readonly ArgPath[], used: readonly string[]): string {
	const arg = args.find((a) => !used.includes(a.path)) ?? args[0];
	if (!arg)
		return '{"path":"args.","op":"eq","value":""}';
	const op = arg.options ? 'in' : arg.type === 'number' ? 'lte' : arg.type === 'string' && /(^|\.)(path|file|dir|folder|directory)\w*$/i.test(arg.path) ? 'path_within'
		: arg.format === 'uri' || /\burl$/i.test(arg.path) ? 'host_in' : 'eq';
	return `{"path":${JSON.stringify(arg.path)},"op":"${op}","value":${firstValue(op, arg.type, op === 'in' ? [] : arg.options)}}`;
}

export function newCondition(args: readonly ArgPath[], used: readonly string[] = []): string {
	return firstCondition(args.filter((a) => !/\[\*\]./.test(a.path)), used);
}

export function Conditions({ path, isAny }: { path: Path; isAny?: boolean }) {
	const { view, edit, argsFor, isReadOnly } = useBuilder();
	const list = find(view.root, path);
	const items = list?.kind === 'array' ? list.items : [];
	const used = items.map((n) => textAt(n, 'path'));
	return (
		<div class="b-conditions">
			{!items.length && <p class="muted small">No conditions: this holds for every call.</p>}
			{items.map((n, i) => {
				const off = () => edit((t) => prune(t, [...path, i], path.length));
				return isCondition(n)
					? <Condition key={i} path={[...path, i]} node={n as ObjectNode} word={i === 0 ? '' : isAny ? 'or' : 'and'} onRemove={off} />
					: <CustomJson key={i} path={[...path, i]} name={pointerOf([...path, i]).split('/').slice(-2).join(' ')} onRemove={off} />;
			})}
			{!isReadOnly && <Button size="small" kind="quiet" icon="plus" onClick={() => edit((t) => insert(t, [...path, items.length], newCondition(argsFor(path), used)))}>Condition</Button>}
		</div>
	);
}
