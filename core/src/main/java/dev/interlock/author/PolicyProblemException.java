package dev.interlock.author;

import dev.interlock.policy.PolicyProblem;

/** Ends the reading of a file whose rest cannot be judged. */
final class PolicyProblemException extends RuntimeException {

    private static final long serialVersionUID = 1L;
    private final transient PolicyProblem problem;

    PolicyProblemException(PolicyProblem problem) {
        super(problem.toString());
        this.problem = problem;
    }

    PolicyProblem problem() {
        return problem;
    }
}
