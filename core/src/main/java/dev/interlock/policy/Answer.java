package dev.interlock.policy;

import java.util.Set;

/** What Cedar said to one question. */
public sealed interface Answer {

    /** Permitted, by these. */
    record Permitted(Set<String> policies) implements Answer {
        public Permitted {
            policies = Set.copyOf(policies);
        }
    }

    /** Not permitted: forbidden by these, or, if there are none, permitted by nobody. */
    record Denied(Set<String> policies) implements Answer {
        public Denied {
            policies = Set.copyOf(policies);
        }
    }

    /** These could not be evaluated. Cedar passes over them, even over a {@code forbid}; we do not. */
    record Erred(Set<String> policies) implements Answer {
        public Erred {
            policies = Set.copyOf(policies);
        }
    }

    /** No answer came. */
    record None() implements Answer {}
}
