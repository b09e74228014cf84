package dev.interlock.policy;

import java.util.Set;

/** Cedar's answer to one question. */
public sealed interface CedarAnswer {

    record CedarPermitted(Set<String> policies) implements CedarAnswer {
        public CedarPermitted {
            policies = Set.copyOf(policies);
        }
    }

    /** Not permitted. These policies forbid it; if the set is empty, no policy permits it. */
    record CedarDenied(Set<String> policies) implements CedarAnswer {
        public CedarDenied {
            policies = Set.copyOf(policies);
        }
    }

    /** These policies could not be evaluated. Cedar skips them, even a {@code forbid}; the gateway refuses instead. */
    record CedarError(Set<String> policies) implements CedarAnswer {
        public CedarError {
            policies = Set.copyOf(policies);
        }
    }

    record NoCedarAnswer() implements CedarAnswer {}
}
