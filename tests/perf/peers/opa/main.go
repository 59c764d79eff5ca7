// One decision of OPA in nanoseconds: peer MODULE INPUT ROUNDS. The module is compiled, the query
// prepared and the input parsed once; what is measured is the decision alone, in the quietest
// batch.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
)

const batch = 20

func must[T any](v T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return v
}

func main() {
	module := string(must(os.ReadFile(os.Args[1])))
	input := ast.MustParseTerm(string(must(os.ReadFile(os.Args[2])))).Value
	rounds := must(strconv.Atoi(os.Args[3]))
	ctx := context.Background()
	query := must(rego.New(rego.Query("data.gate.allow"), rego.Module("gate.rego", module)).PrepareForEval(ctx))
	decide := func() bool {
		return must(query.Eval(ctx, rego.EvalParsedInput(input))).Allowed()
	}
	word := map[bool]string{true: "allow", false: "deny"}[decide()]
	for i := 0; i < rounds/10; i++ {
		decide()
	}
	ns := math.MaxFloat64
	for done := 0; done < rounds; done += batch {
		start := time.Now()
		for i := 0; i < batch; i++ {
			decide()
		}
		ns = min(ns, float64(time.Since(start).Nanoseconds())/batch)
	}
	must(fmt.Println(string(must(json.Marshal(map[string]any{"ns": int(ns), "decision": word})))))
}
