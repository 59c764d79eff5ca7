// A body of a request with parts that are JSON texts already: their numbers go out as they were written.
export class JsonText {
	constructor(private readonly rest: Record<string, unknown>, private readonly texts: Record<string, string>) {}

	toString(): string {
		const parts = Object.entries(this.rest).filter(([, v]) => v !== undefined).map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`);
		return `{${[...parts, ...Object.entries(this.texts).map(([k, text]) => `${JSON.stringify(k)}:${text}`)].join(',')}}`;
	}
}
