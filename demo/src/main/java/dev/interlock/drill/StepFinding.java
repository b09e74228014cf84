package dev.interlock.drill;

import java.util.Optional;

/**
 * The judgement of one step.
 *
 * @param name as in the documents
 * @param expected what must happen
 * @param got what happened; the step is red unless it is the same
 * @param counted what the provider counted meanwhile
 * @param disk the state of the files
 * @param receipt its receipt in the ledger, if there is one
 */
record StepFinding(String name, String expected, String got, String counted, String disk, Optional<String> receipt) {

    boolean green() {
        return expected.equals(got);
    }
}
