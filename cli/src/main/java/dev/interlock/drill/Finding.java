package dev.interlock.drill;

import java.util.Optional;

/**
 * One step, judged.
 *
 * @param name as the documents call it
 * @param expected what must have happened
 * @param got what happened; the step is red unless it is the same
 * @param counted what the provider counted meanwhile
 * @param disk what became of the files
 * @param receipt the receipt that the ledger holds of it, if it holds one
 */
record Finding(String name, String expected, String got, String counted, String disk, Optional<String> receipt) {

    boolean green() {
        return expected.equals(got);
    }
}
