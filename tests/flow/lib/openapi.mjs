// docs/openapi.yaml as a judge: what an answer of the running program must look like.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { MODULES, ROOT } from './gate.mjs';

export const missing = ['ajv', 'yaml'].every((name) => existsSync(path.join(MODULES, name))) ? false
	: 'the packages of tests/package.json are not installed';

const escape = (token) => token.replaceAll('~', '~0').replaceAll('/', '~1');

export class OpenApi {
	static async read() {
		const { parse } = await import('yaml');
		const { default: Ajv } = await import('ajv/dist/2020.js');
		const api = new OpenApi();
		api.document = parse(readFileSync(path.join(ROOT, 'docs/openapi.yaml'), 'utf8'));
		api.ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false }).addSchema({ $id: 'api:', ...api.document });
		api.seen = new Set();
		return api;
	}

	// Every operation and status that is said, as "GET /path 200".
	said() {
		return Object.entries(this.document.paths).flatMap(([template, item]) => Object.entries(item)
			.filter(([method]) => ['get', 'post', 'put', 'patch', 'delete'].includes(method))
			.flatMap(([method, operation]) => Object.keys(operation.responses).map((status) => `${method.toUpperCase()} ${template} ${status}`)));
	}

	operation(method, target) {
		const at = target.split('?')[0];
		const found = Object.keys(this.document.paths).filter((template) => template.split('/').length === at.split('/').length &&
			template.split('/').every((part, i) => part.startsWith('{') || part === at.split('/')[i]));
		// What is spelled out goes before what is named.
		found.sort((a, b) => a.split('{').length - b.split('{').length);
		return found.find((template) => this.document.paths[template][method.toLowerCase()]);
	}

	check(method, target, status, type, body) {
		const template = this.operation(method, target);
		assert.ok(template, `docs/openapi.yaml has no ${method} ${target}`);
		let pointer = `/paths/${escape(template)}/${method.toLowerCase()}/responses/${status}`;
		let response = this.document.paths[template][method.toLowerCase()].responses[status];
		assert.ok(response, `docs/openapi.yaml has no ${status} for ${method} ${template}: ${JSON.stringify(body)}`);
		this.seen.add(`${method} ${template} ${status}`);
		if (response.$ref) {
			pointer = response.$ref.slice(1);
			response = pointer.slice(1).split('/').reduce((v, key) => v[key], this.document);
		}
		if (!response.content)
			return assert.equal(body, null);
		assert.ok(response.content[type], `${type} is none of ${Object.keys(response.content)}`);
		const validate = this.ajv.compile({ $ref: `api:#${encodeURI(`${pointer}/content/${escape(type)}/schema`).replaceAll('{', '%7B').replaceAll('}', '%7D')}` });
		assert.ok(validate(body), `${method} ${target} ${status}: ${JSON.stringify(validate.errors?.slice(0, 5), null, 1)}\n${JSON.stringify(body).slice(0, 2000)}`);
		return undefined;
	}
}
