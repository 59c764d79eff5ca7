/*
 * Fits a multinomial logistic model over features that are there or not: AdaGrad, L2, rows in a fixed
 * pseudo-random order, arithmetic that is the same everywhere (its own exp, no contraction).
 *
* Standard input: FEATURES CLASSES ROWS EPOCHS RATE L2 DROP SCALES, the scales (the first feature of a range, and
 * how much a feature from there on counts), then a row a line: weight, the share of each class
 * (soft labels), the number of its features, the features. Standard output: feature and a weight for
 * each class, for those that have any.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define CLASSES_MAX 8

struct row {
	double weight, share[CLASSES_MAX];
	int n, *feature;
};

struct model {
	int features, classes, rows, epochs;
	double rate, l2, drop; /* drop: the share of its features that a row goes without, at random */
	uint64_t state;	       /* of the pseudo-random numbers */
	double *w, *g; /* weights, and the sums of squared gradients */
	double *scale; /* of a feature */
	struct row *row;
};

static void die(const char *what)
{
	fprintf(stderr, "fit: %s\n", what);
	exit(1);
}

static void *take(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size);
	if (!p)
		die("out of memory");
	return p;
}

static uint32_t draw(struct model *m)
{
	m->state = m->state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(m->state >> 33);
}

/* e^x for x <= 0, to 1e-12. */
static double decay(double x)
{
	double r, term = 1, sum = 1;
	if (x < -40)
		return 0;
	int halvings = 0;
	for (r = x; r < -0.5; r *= 0.5)
		halvings++;
	for (int i = 1; i < 14; i++) {
		term *= r / i;
		sum += term;
	}
	while (halvings--)
		sum *= sum;
	return sum;
}

static void predict(const struct model *m, const struct row *r, double *p)
{
	double most = -1e300, sum = 0;
	for (int c = 0; c < m->classes; c++)
		p[c] = 0;
	for (int i = 0; i < r->n; i++)
		for (int c = 0; c < m->classes; c++)
			p[c] += m->scale[r->feature[i]] * m->w[r->feature[i] * m->classes + c];
	for (int c = 0; c < m->classes; c++)
		most = p[c] > most ? p[c] : most;
	for (int c = 0; c < m->classes; c++)
		sum += p[c] = decay(p[c] - most);
	for (int c = 0; c < m->classes; c++)
		p[c] /= sum;
}

/* The row with some of its features, in the room of `kept`. */
static struct row thin(struct model *m, const struct row *r, int *kept)
{
	struct row out = *r;
	uint32_t below = (uint32_t)(m->drop * 2147483648.0);
	out.feature = kept;
	out.n = 0;
	for (int i = 0; i < r->n; i++)
		if (draw(m) >= below)
			kept[out.n++] = r->feature[i];
	return out;
}

static void learn(struct model *m, const struct row *r)
{
	double p[CLASSES_MAX];
	predict(m, r, p);
	for (int i = 0; i < r->n; i++) {
		for (int c = 0; c < m->classes; c++) {
			int at = r->feature[i] * m->classes + c;
			double g = r->weight * (m->scale[r->feature[i]] * (p[c] - r->share[c]) + m->l2 * m->w[at]);
			m->g[at] += g * g;
			m->w[at] -= m->rate * g / (1e-3 + sqrt(m->g[at]));
		}
	}
}

static void read_scales(struct model *m, int n)
{
	m->scale = take((size_t)m->features, sizeof *m->scale);
	for (int f = 0; f < m->features; f++)
		m->scale[f] = 1;
	while (n-- > 0) {
		int start;
		double scale;
		if (scanf("%d %lf", &start, &scale) != 2 || start < 0)
			die("a scale is missing");
		for (int f = start; f < m->features; f++)
			m->scale[f] = scale;
	}
}

static void read_rows(struct model *m)
{
	m->row = take((size_t)m->rows, sizeof *m->row);
	for (int i = 0; i < m->rows; i++) {
		struct row *r = &m->row[i];
		if (scanf("%lf", &r->weight) != 1)
			die("a row has no weight");
		for (int c = 0; c < m->classes; c++)
			if (scanf("%lf", &r->share[c]) != 1)
				die("a row lacks a class");
		if (scanf("%d", &r->n) != 1 || r->n < 0 || r->n > 4096)
			die("a row has no features");
		r->feature = take((size_t)r->n, sizeof *r->feature);
		for (int k = 0; k < r->n; k++)
			if (scanf("%d", &r->feature[k]) != 1 || r->feature[k] < 0 || r->feature[k] >= m->features)
				die("a feature is out of range");
	}
}

static void train(struct model *m)
{
	int *order = take((size_t)m->rows, sizeof *order);
	int kept[4096];
	m->state = 88172645463325252u;
	for (int i = 0; i < m->rows; i++)
		order[i] = i;
	for (int e = 0; e < m->epochs; e++) {
		for (int i = m->rows - 1; i > 0; i--) {
			int j = (int)(draw(m) % (uint32_t)(i + 1)), t = order[i];
			order[i] = order[j];
			order[j] = t;
		}
		for (int i = 0; i < m->rows; i++) {
			struct row r = thin(m, &m->row[order[i]], kept);
			learn(m, &r);
		}
	}
	free(order);
}

int main(void)
{
	struct model m = { 0 };
	int scales;
	if (scanf("%d %d %d %d %lf %lf %lf %d", &m.features, &m.classes, &m.rows, &m.epochs, &m.rate, &m.l2, &m.drop,
		  &scales) != 8 ||
	    m.classes > CLASSES_MAX || m.features < 1 || m.rows < 1)
		die("no header");
	m.w = take((size_t)m.features * (size_t)m.classes, sizeof *m.w);
	m.g = take((size_t)m.features * (size_t)m.classes, sizeof *m.g);
	read_scales(&m, scales);
	read_rows(&m);
	train(&m);
	for (int f = 0; f < m.features; f++) {
		int has = 0;
		for (int c = 0; c < m.classes; c++)
			has |= m.g[f * m.classes + c] > 0;
		if (!has)
			continue;
		printf("%d", f);
		for (int c = 0; c < m.classes; c++)
			printf(" %.9g", (1 - m.drop) * m.scale[f] * m.w[f * m.classes + c]);
		puts("");
	}
	return 0;
}
