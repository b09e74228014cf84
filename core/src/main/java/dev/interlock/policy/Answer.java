package dev.interlock.policy;

import java.util.Set;

/** Cedar's answer to one question. */
public sealed interface Answer {

    /** Permitted by these policies. */
    record Permitted(Set<String> policies) implements Answer {
        public Permitted {
            policies = Set.copyOf(policies);
        }
    }

    /** Not permitted. These policies forbid it; if the set is empty, no policy permits it. */
    record Denied(Set<String> policies) implements Answer {
        public Denied {
            policies = Set.copyOf(policies);
        }
    }

    /** These policies could not be evaluated. Cedar skips them, even a {@code forbid}; the gateway refuses instead. */
    record Erred(Set<String> policies) implements Answer {
        public Erred {
            policies = Set.copyOf(policies);
        }
    }

    /** The engine gave no answer. */
    record None() implements Answer {}
}
