// A table for many rows: sorted by a click, long ones drawn only where they are seen, cards on phones.
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { navigate, useIsNarrow } from '../app/router';
import { Icon } from './icon';

export interface Column<T> {
	key: string;                       // also the name by which it is sorted
	title: string;
	render: (row: T) => ComponentChildren;
	isSorted?: boolean;                // can be
	align?: 'end';
	width?: string;                    // CSS
	isMain?: boolean;                  // the title of the card on phones
	isHiddenOnPhone?: boolean;
}

export interface TableProps<T> {
	label: string;                     // read out
	columns: Column<T>[];
	rows: T[];
	keyOf: (row: T) => string;
	href?: (row: T) => string | undefined; // a click anywhere on the row goes there; put a link into the main cell for the keyboard
	onRow?: (row: T) => void;
	sort?: string;                     // "name", "-calls"
	onSort?: (sort: string) => void;   // without: the rows are sorted here, by sortBy
	sortBy?: (row: T, key: string) => string | number | undefined;
	empty?: ComponentChildren;
	onEnd?: () => void;                // the last rows are seen: fetch more
	isLoading?: boolean;
	rowHeight?: number;                // of long tables, which are drawn in part
	isFixed?: boolean;                 // widths as given, whatever stands in the cells
}

const LONG = 150;
const MARGIN = 12;

function useWindow(total: number, height: number, isLong: boolean, onEnd?: () => void) {
	const body = useRef<HTMLTableSectionElement>(null);
	const [range, set] = useState<[number, number]>([0, LONG]);
	const latest = useRef(onEnd);
	latest.current = onEnd;
	useLayoutEffect(() => {
		const look = () => {
			const top = body.current?.getBoundingClientRect().top ?? 0;
			const first = Math.max(0, Math.floor(-top / height) - MARGIN);
			const last = Math.min(total, Math.ceil((innerHeight - top) / height) + MARGIN);
			set((was) => (was[0] === first && was[1] === last ? was : [first, last]));
			if (last >= total - MARGIN)
				latest.current?.();
		};
		if (!isLong && !onEnd)
			return;
		look();
		addEventListener('scroll', look, { passive: true });
		addEventListener('resize', look);
		return () => {
			removeEventListener('scroll', look);
			removeEventListener('resize', look);
		};
	}, [total, height, isLong, !onEnd]);
	return { body, range: isLong ? range : [0, total] as [number, number] };
}

function sorted<T>(rows: T[], sort: string | undefined, sortBy: TableProps<T>['sortBy']): T[] {
	if (!sort || !sortBy)
		return rows;
	const key = sort.replace(/^-/, ''), sign = sort.startsWith('-') ? -1 : 1;
	return [...rows].sort((a, b) => {
		const x = sortBy(a, key) ?? '', y = sortBy(b, key) ?? '';
		return sign * (typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y), 'en', { numeric: true }));
	});
}

export function Table<T>({ label, columns, rows, keyOf, href, onRow, sort, onSort, sortBy, empty, onEnd, isLoading, rowHeight, isFixed }: TableProps<T>) {
	const isNarrow = useIsNarrow();
	const [own, setOwn] = useState(sort);
	const now = onSort ? sort : own;
	useEffect(() => setOwn(sort), [sort]);
	const list = onSort ? rows : sorted(rows, own, sortBy);
	const isLong = list.length > LONG;
	const height = isNarrow ? 132 : rowHeight ?? 45;
	const { body, range: [first, last] } = useWindow(list.length, height, isLong, onEnd);
	if (!list.length && !isLoading)
		return <>{empty ?? <p class="muted pad">Nothing here.</p>}</>;
	const order = (key: string) => (now === key ? 'ascending' : now === `-${key}` ? 'descending' : undefined);
	const click = (key: string) => (onSort ?? setOwn)(now === key ? `-${key}` : key);
	const go = (e: MouseEvent, row: T) => {
		if ((e.target as Element).closest('a,button,input,label,select,summary') || getSelection()?.toString())
			return;
		const to = href?.(row);
		if (to && (e.metaKey || e.ctrlKey))
			open(to);
		else if (to)
			navigate(to);
		else
			onRow?.(row);
	};
	const seen = columns.filter((c) => !(isNarrow && c.isHiddenOnPhone));
	return (
		<div class={`table-box ${isLong ? 'is-long' : ''} ${isFixed ? 'is-fixed' : ''}`}>
			<table class="table" aria-label={label} aria-rowcount={list.length + 1} aria-busy={isLoading || undefined}>
				<thead><tr>{seen.map((c) => (
					<th key={c.key} scope="col" class={c.align ? `at-${c.align}` : ''} style={c.width ? { width: c.width } : undefined} aria-sort={order(c.key)}>
						{c.isSorted ? <button type="button" class="sort" onClick={() => click(c.key)}>{c.title}<Icon name={order(c.key) === 'descending' ? 'down' : 'up'} size={12} /></button> : c.title || <span class="sr-only">Actions</span>}
					</th>))}</tr></thead>
				<tbody ref={body}>
					{first > 0 && <tr class="gap" aria-hidden="true"><td colSpan={seen.length} style={{ height: `${first * height}px` }} /></tr>}
					{list.slice(first, last).map((row, i) => (
						<tr key={keyOf(row)} aria-rowindex={first + i + 2} class={href || onRow ? 'is-link' : ''} onClick={(e) => go(e, row)} style={isLong ? { height: `${height}px` } : undefined}>
							{seen.map((c) => <td key={c.key} data-label={c.title} class={`${c.align ? `at-${c.align}` : ''} ${c.isMain ? 'is-main' : ''}`}>{c.render(row)}</td>)}
						</tr>))}
					{last < list.length && <tr class="gap" aria-hidden="true"><td colSpan={seen.length} style={{ height: `${(list.length - last) * height}px` }} /></tr>}
				</tbody>
			</table>
			{isLoading && <div class="pad muted" role="status">Loading…</div>}
		</div>
	);
}
