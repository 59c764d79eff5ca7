// The JSON of a policy in CodeMirror. It stands in a shadow tree: there its styles are adopted sheets, which the
// console's content security policy permits.
import { type Completion, type CompletionContext, autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, indentWithTab } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import { HighlightStyle, bracketMatching, codeFolding, foldGutter, foldKeymap, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint';
import { search, searchKeymap } from '@codemirror/search';
import { Annotation, Compartment, EditorState } from '@codemirror/state';
import { EditorView, drawSelection, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { type Known, complete, span } from '../../policy';

export interface Mark { from: number; to: number; message: string; isWarning: boolean }
export interface EditorProps {
	text: string;
	onText?: (text: string) => void; // none: to be read only
	marks?: readonly Mark[];
	known?: Known;
	label: string;
	onUndo?: () => void;
	onRedo?: () => void;
	// Where to look; another object looks again.
	target?: { from: number; to: number } | null;
}

const FromOutside = Annotation.define<boolean>();

const theme = EditorView.theme({
	'&': { height: '100%', fontSize: '12.5px', color: 'var(--text)', backgroundColor: 'var(--surface)' },
	'&.cm-focused': { outline: 'none' },
	'.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.6', fontVariantLigatures: 'none' },
	'.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--faint)', border: 'none', borderRight: '1px solid var(--line)' },
	'.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'color-mix(in srgb, var(--hover) 60%, transparent)' },
	'.cm-cursor': { borderLeftColor: 'var(--text)' },
	'&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--chosen) !important' },
	'.cm-matchingBracket, &.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--accent-soft)', outline: '1px solid var(--accent)' },
	'.cm-tooltip': { backgroundColor: 'var(--raised)', border: '1px solid var(--line-strong)', borderRadius: '6px', boxShadow: 'var(--shadow-up)', color: 'var(--text)' },
	'.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)', fontSize: '12.5px' },
	'.cm-tooltip-autocomplete > ul > li': { padding: '3px 8px' },
	'.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--accent)', color: 'var(--on-accent)' },
	'.cm-completionDetail': { color: 'inherit', opacity: '.7', fontStyle: 'normal', fontFamily: 'var(--sans)', marginLeft: '10px' },
	'.cm-completionIcon': { display: 'none' },
	'.cm-foldPlaceholder': { backgroundColor: 'var(--sunken)', border: '1px solid var(--line)', color: 'var(--muted)' },
	'.cm-panels': { backgroundColor: 'var(--sunken)', color: 'var(--text)', borderColor: 'var(--line)' },
	'.cm-panels input, .cm-panels button': { backgroundColor: 'var(--surface)', color: 'var(--text)', backgroundImage: 'none', border: '1px solid var(--control-line)', borderRadius: '4px' },
	'.cm-diagnostic': { fontFamily: 'var(--sans)', fontSize: '13px', padding: '6px 10px', whiteSpace: 'pre-wrap', maxWidth: '420px' },
	'.cm-diagnostic-error': { borderLeft: '3px solid var(--bad)' },
	'.cm-diagnostic-warning': { borderLeft: '3px solid var(--warn)' },
	'.cm-lintRange-error': { backgroundImage: 'none', textDecoration: 'underline wavy var(--bad)', textUnderlineOffset: '3px' },
	'.cm-lintRange-warning': { backgroundImage: 'none', textDecoration: 'underline wavy var(--warn)', textUnderlineOffset: '3px' },
});

const colours = HighlightStyle.define([
	{ tag: tags.propertyName, color: 'var(--link)' }, { tag: tags.string, color: 'var(--good)' }, { tag: tags.number, color: 'var(--high)' },
	{ tag: [tags.bool, tags.null], color: 'var(--high)' }, { tag: tags.invalid, color: 'var(--bad)' },
]);

function proposals(known: () => Known | undefined) {
	return (c: CompletionContext) => {
		const now = known();
		const found = now && complete(c.state.doc.toString(), c.pos, now);
		if (!found || !found.proposals.length || (!c.explicit && found.from === c.pos))
			return null;
		// The closing quote that was typed with the opening one is replaced, too.
		const isClosed = c.state.sliceDoc(c.pos, c.pos + 1) === '"' && c.state.sliceDoc(found.from, found.from + 1) === '"';
		const hasColon = /^"?\s*:/.test(c.state.sliceDoc(c.pos, c.pos + 20));
		return {
			from: found.from, filter: true,
			options: found.proposals.map((p): Completion => ({
				label: c.state.sliceDoc(found.from, found.from + 1) === '"' ? JSON.stringify(p.label) : p.label, displayLabel: p.label, detail: p.detail?.slice(0, 60),
				apply: (view, _, from, to) => {
					const insert = hasColon ? p.text.replace(/: $/, '') : p.text;
					view.dispatch({ changes: { from, to: to + (isClosed ? 1 : 0), insert }, selection: { anchor: from + insert.length }, userEvent: 'input.complete' });
				},
			})),
		};
	};
}

const diagnostics = (marks: readonly Mark[], length: number): Diagnostic[] => marks.map((m) => ({
	from: Math.min(m.from, length), to: Math.min(Math.max(m.to, m.from), length), message: m.message, severity: m.isWarning ? 'warning' as const : 'error' as const,
})).sort((a, b) => a.from - b.from);

export default function Editor(props: EditorProps) {
	const box = useRef<HTMLDivElement>(null), view = useRef<EditorView | null>(null), latest = useRef(props);
	const about = useRef(new Compartment());
	// What was typed and has not come back as props yet: while it is on its way, more may be typed.
	const sent = useRef<string[]>([]);
	latest.current = props;
	useEffect(() => {
		const root = box.current!.shadowRoot ?? box.current!.attachShadow({ mode: 'open' });
		const host = document.createElement('div');
		host.style.height = '100%';
		root.replaceChildren(host);
		const isReadOnly = !latest.current.onText;
		const run = (fn: () => (() => void) | undefined) => () => { fn()?.(); return true; };
		view.current = new EditorView({
			parent: host, root,
			state: EditorState.create({
				doc: latest.current.text,
				extensions: [
					lineNumbers(), foldGutter(), codeFolding(), lintGutter(), drawSelection(), bracketMatching(), closeBrackets(), indentOnInput(), search({ top: true }),
					highlightActiveLine(), highlightActiveLineGutter(), json(), syntaxHighlighting(colours), theme, EditorView.lineWrapping,
					EditorState.readOnly.of(isReadOnly), autocompletion({ override: [proposals(() => latest.current.known)], activateOnTyping: !isReadOnly }),
					keymap.of([
						{ key: 'Mod-z', run: run(() => latest.current.onUndo), preventDefault: true }, { key: 'Mod-Shift-z', run: run(() => latest.current.onRedo), preventDefault: true },
						{ key: 'Mod-y', run: run(() => latest.current.onRedo), preventDefault: true },
						...closeBracketsKeymap, ...completionKeymap, ...foldKeymap, ...searchKeymap, ...defaultKeymap,
						// Tab leaves the editor unless there is something to indent.
						...(isReadOnly ? [] : [{ ...indentWithTab, run: (v: EditorView) => (v.state.selection.main.empty ? false : indentWithTab.run!(v)) }]),
					]),
					about.current.of(EditorView.contentAttributes.of({ 'aria-label': latest.current.label, tabindex: '0' })),
					EditorView.updateListener.of((u) => {
						if (!u.docChanged || u.transactions.some((t) => t.annotation(FromOutside)))
							return;
						sent.current.push(u.state.doc.toString());
						latest.current.onText?.(u.state.doc.toString());
					}),
				],
			}),
		});
		return () => { view.current?.destroy(); view.current = null; };
	}, []);
	useLayoutEffect(() => {
		const own = sent.current.indexOf(props.text), v = view.current;
		if (own >= 0) {
			sent.current.splice(0, own + 1);
			return;
		}
		sent.current = [];
		const d = v && span(v.state.doc.toString(), props.text);
		if (d)
			v.dispatch({ changes: { from: d.start, to: d.end, insert: d.insert }, annotations: FromOutside.of(true) });
	}, [props.text]);
	useEffect(() => {
		const v = view.current!;
		v.dispatch(setDiagnostics(v.state, diagnostics(props.marks ?? [], v.state.doc.length)));
	}, [props.marks, props.text]);
	useEffect(() => {
		const v = view.current!;
		v.dispatch({ effects: about.current.reconfigure(EditorView.contentAttributes.of({ 'aria-label': props.label, tabindex: '0' })) });
	}, [props.label]);
	useEffect(() => {
		if (!props.target)
			return;
		const v = view.current!, from = Math.min(props.target.from, v.state.doc.length), to = Math.min(props.target.to, v.state.doc.length);
		v.dispatch({ selection: { anchor: from, head: to }, effects: EditorView.scrollIntoView(from, { y: 'start', yMargin: 60 }) });
		v.focus();
	}, [props.target]);
	return <div ref={box} class="b-editor" />;
}
