// The answer of a tool by the types of its parts. All of it is shown as text or as a picture; nothing is ever HTML.
import { Badge, Copy, JsonView, Note } from '../../ui';

interface Part { type?: string; text?: string; data?: string; mimeType?: string; uri?: string; name?: string; title?: string; description?: string; resource?: { uri?: string; mimeType?: string; text?: string; blob?: string } }

const IMAGE = /^image\/(png|jpeg|gif|webp|avif|bmp)$/;
const kilobytes = (base64: string): string => `${Math.max(1, Math.round(base64.length * 0.75 / 1024))} KB`;

function parsed(text: string): unknown {
	if (!/^\s*[[{]/.test(text))
		return undefined;
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function Text({ text, title }: { text: string; title: string }) {
	const value = parsed(text);
	return (
		<div class="pg-part"><header><span>{value === undefined ? title : `${title}, JSON`}</span><span class="grow" /><Copy text={text} /></header>
			{value === undefined ? <pre tabIndex={0} role="region" aria-label={title}>{text || '(empty)'}</pre> : <JsonView value={value} isCopied={false} />}</div>
	);
}

function Content({ part }: { part: Part }) {
	switch (part.type) {
	case 'text':
		return <Text text={part.text ?? ''} title="Text" />;
	case 'image':
		return part.data && IMAGE.test(part.mimeType ?? '')
			? <div class="pg-part"><header><span>Image, {part.mimeType}, {kilobytes(part.data)}</span></header><img src={`data:${part.mimeType};base64,${part.data}`} alt="An image in the answer of the tool" /></div>
			: <div class="pg-part"><header><span>Image, {part.mimeType ?? 'of no known type'}: not shown</span></header></div>;
	case 'audio':
		return <div class="pg-part"><header><span>Audio, {part.mimeType}, {kilobytes(part.data ?? '')}: not played</span></header></div>;
	case 'resource_link':
		return <div class="pg-part"><header><span>Link to a resource</span><span class="grow" /><Copy text={part.uri ?? ''} /></header><pre>{[part.title ?? part.name, part.uri, part.mimeType, part.description].filter(Boolean).join('\n')}</pre></div>;
	case 'resource': {
		const r = part.resource ?? {};
		return r.text !== undefined ? <Text text={r.text} title={`Resource ${r.uri ?? ''}`} /> : <div class="pg-part"><header><span>Resource {r.uri}, {r.mimeType ?? 'binary'}, {kilobytes(r.blob ?? '')}</span></header></div>;
	}
	default:
		return <JsonView value={part} />;
	}
}

export function Answer({ result, error }: { result?: unknown; error?: unknown }) {
	if (error !== undefined && error !== null)
		return <div class="stack-small"><p class="muted small">What the agent would see: an error of the protocol.</p><JsonView value={error} /></div>;
	if (result === undefined || result === null)
		return null;
	const r = result as { content?: unknown; structuredContent?: unknown; isError?: boolean };
	if (!Array.isArray(r.content))
		return <JsonView value={result} />;
	return (
		<div class="stack-small">
			{r.isError && <Note tone="warn"><Badge tone="warn">isError</Badge> The tool, or the gate, says that it did not work.</Note>}
			{r.content.map((part, i) => <Content key={i} part={part as Part} />)}
			{r.structuredContent !== undefined && <div class="pg-part"><header><span>Structured content</span></header><JsonView value={r.structuredContent} /></div>}
			{!r.content.length && r.structuredContent === undefined && <p class="muted">The answer has nothing in it.</p>}
		</div>
	);
}
