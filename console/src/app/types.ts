// The shapes of /api/v1, as docs/openapi.yaml describes them. Absent members are not known, or empty.

export type Permission = 'see' | 'audit' | 'approve' | 'policy' | 'manage';
export type Role = 'viewer' | 'auditor' | 'approver' | 'policy_manager' | 'admin';
export type Severity = 'low' | 'medium' | 'high' | 'critical';
export type Category = 'read' | 'write' | 'execute' | 'destructive' | 'financial' | string;
export type DecisionName = 'allow' | 'deny' | 'hidden' | 'approve' | 'conditional' | 'unknown';

export interface FieldError { pointer?: string; parameter?: string; header?: string; detail: string }
export interface Difference { pointer: string; from?: unknown; to?: unknown }
export interface ProblemDocument {
	type?: string; status: number; title?: string; detail?: string; errors?: FieldError[];
	current?: unknown; current_etag?: string; difference?: Difference[];
}

export type Page<Name extends string, T> = { [K in Name]: T[] } & { total?: number; next?: string };

// Session and people
export interface SignedOut { signed_in: false; needs_setup: boolean; oidc?: { name: string } | null }
export interface SignedIn {
	signed_in: true;
	user: { id: string; name: string; display_name?: string; kind: 'user' | 'token' | 'local' | 'approver' };
	csrf?: string; expires_at?: string;
	permissions: { organisation: Permission[]; servers: Record<string, Permission[]> };
	totp?: { enabled: boolean };
	has_password?: boolean; // false: signs in by the provider only
}
export type Session = SignedOut | SignedIn;
export interface RoleGiven { role: Role; server: string | null }
export interface User {
	id: string; name: string; display_name?: string; email?: string; kind: 'local' | 'oidc'; is_enabled: boolean;
	has_password?: boolean; totp_enabled?: boolean; roles: RoleGiven[]; created_at?: string; last_seen_at?: string;
}
export interface ApiToken {
	id: string; name: string; owner: { id: string; name: string }; is_limited: boolean; roles: RoleGiven[]; created_at?: string; expires_at?: string; last_used_at?: string;
}
export interface Change {
	id: string; time: string; who: { kind: string; id: string; name: string }; action: string;
	object: { type: string; id: string }; before?: unknown; after?: unknown; note?: string;
}

// Servers
export interface NamedValue { name: string; is_set?: boolean; value?: string }
export type ServerState = 'unknown' | 'up' | 'down' | 'disabled';
export interface Server {
	name: string; transport: 'stdio' | 'http' | 'builtin'; command?: string[]; url?: string; cwd?: string;
	env?: NamedValue[]; headers?: NamedValue[]; per?: string; is_enabled: boolean; limits?: Record<string, number>;
	is_from_file?: boolean; state: ServerState; error?: string; era?: string; protocol_version?: string;
	tools?: { total: number; held: number; by_severity: Partial<Record<Severity, number>> };
	calls_today?: number; endpoint?: string; created_at?: string; updated_at?: string;
}
export interface ServerInput {
	name: string; transport?: 'stdio' | 'http'; command?: string[]; url?: string; cwd?: string;
	env?: NamedValue[]; headers?: NamedValue[]; per?: string; is_enabled?: boolean; limits?: Record<string, number>;
}
export interface ImportClient {
	client: string; path: string;
	servers: { name: string; command?: string[] | string; url?: string; is_known: boolean; why_not?: string }[];
}

// Grants
export interface Binding { server: string; policy: string | null }
export interface Grant {
	id: string; label: string; subject?: string; tags?: string[]; bindings: Binding[]; created_at?: string;
	expires_at?: string; revoked_at?: string; state: 'valid' | 'expired' | 'revoked'; last_used_at?: string;
}
export interface Snippet { client: string; title: string; language: string; text: string; file?: string }

// Policies
export type PolicyDocument = Record<string, unknown>;
export interface Policy {
	name: string; version: number; document: PolicyDocument; text?: string; author?: string; note?: string; created_at?: string;
	used_by?: { grant: string; label: string; server: string }[]; warnings?: PolicyProblem[]; is_from_file?: boolean;
}
export interface PolicyVersion { version: number; author?: string; note?: string; created_at?: string; document?: PolicyDocument; text?: string }
export interface PolicyProblem { pointer?: string; line?: number; column?: number; detail: string; is_warning?: boolean }
export interface PolicyCheck {
	is_valid: boolean; problems: PolicyProblem[];
	tools?: { name: string; decision: DecisionName; rule?: string; class?: string; severity?: Severity }[];
}
export interface Explanation { decision: DecisionName; rule?: string; message?: string; pointer?: string; steps?: unknown[] }
export interface Simulation {
	calls: number; changed: number; unknown: number;
	changes: { server: string; tool: string; from: string; from_rule?: string; to: string; to_rule?: string; calls: number; example?: string }[];
}
export interface Job<T = unknown> { id?: string; state: 'running' | 'done' | 'failed' | 'cancelled'; done: number; total: number; result?: T; error?: string }
export interface QuotaLeft {
	grant: string; label: string; server: string; policy: string; pointer: string; counter: string; scope: string;
	window: string; max: number | string; used: number | string; left: number | string; resets_at?: string;
}
export interface Played {
	record_id: string; decision: DecisionName; rule?: string; message?: string; result?: unknown; error?: unknown;
	approval?: unknown; duration_us?: number;
}

// Tools, pins
export type PinState = 'ok' | 'new' | 'changed' | 'rejected' | 'held';
export interface ToolRow {
	server: string; name: string; title?: string; description?: string; category?: Category; severity?: Severity;
	confidence?: number | string; labels?: string[]; signals?: string[]; state?: PinState; calls?: number;
	grants?: { label: string; id?: string; decision: DecisionName }[];
}
export type Facets = Record<string, Record<string, number>>;
export interface ToolList extends Record<string, unknown> { tools: ToolRow[]; total: number; next?: string; facets?: Facets }
// The profile is what the catalogue writes of a tool: docs/catalog-api.md.
export interface Profile {
	category?: Category; severity?: Severity; confidence?: number | string; labels?: unknown[]; signals?: unknown[];
	evidence?: unknown[]; attacks?: unknown[]; [more: string]: unknown;
}
export interface ToolWhole extends ToolRow {
	definition?: { name: string; title?: string; description?: string; inputSchema?: Record<string, unknown>; outputSchema?: Record<string, unknown>; annotations?: Record<string, unknown> };
	profile?: Profile; attacks?: unknown[]; recommended_rule?: unknown; pin?: unknown; history?: unknown[];
	calls_by_day?: unknown;
	[more: string]: unknown;
}

// Records: audit_write_json's names
export interface CallRecord {
	id: string; time: string; server?: string; 'grant.id'?: string; 'grant.label'?: string; decision?: 'allow' | 'deny' | 'approve'; outcome?: string; rule?: string; message?: string;
	'gen_ai.tool.name'?: string; 'mcp.method.name'?: string; duration_us?: number; [more: string]: unknown;
}
export interface Stats {
	step: string; series: { key: string; points: [number, number][] }[];
	totals: { calls: number; decisions: Record<string, number>; outcomes: Record<string, number>; latency?: { calls: number; p50_us?: number; p95_us?: number; p99_us?: number; gate_p50_us?: number } };
	latency?: { t: number; p50_us?: number; p95_us?: number; p99_us?: number; gate_p50_us?: number }[];
	top?: { rules?: { rule: string; server?: string; calls: number }[]; tools?: { tool: string; server: string; calls: number }[]; grants?: { grant: string; calls: number }[]; servers?: { server: string; calls: number }[] };
}
export interface Approval {
	id: string; state: string; server?: string; tool?: string; grant?: string; requested_at?: string; expires_at?: string; [more: string]: unknown;
}
export interface Warning { code: string; severity: Severity; text: string; object?: { type: string; id: string } }
export interface Status {
	version?: string; uptime_s?: number; listen?: string; warnings?: Warning[]; approvals?: { reachable: boolean; pending: number };
	counts?: { servers: { total: number; up: number; down: number; unknown: number; disabled: number }; tools: { total: number; held: number; by_severity: Record<string, number> }; grants: Record<string, number>; policies: number };
	[more: string]: unknown;
}
export interface Setting { key: string; value: unknown; default?: unknown; source: 'file' | 'store' | 'default'; is_live: boolean; help?: string; kind?: string }
