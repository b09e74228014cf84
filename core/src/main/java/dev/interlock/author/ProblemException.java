package dev.interlock.author;

import dev.interlock.policy.Problem;

/** Ends the reading of a file whose rest cannot be judged. */
final class ProblemException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient Problem problem;

    ProblemException(Problem problem) {
        super(problem.toString());
        this.problem = problem;
    }

    Problem problem() {
        return problem;
    }
}
