package dev.interlock.evidence;

import java.util.Optional;

/** Sees what a verifier reads: each receipt in its order, with the verdict on it. It can change nothing about that. */
interface ReceiptReader {

    ReceiptReader NOBODY = new ReceiptReader() {
        @Override
        public void begin() {}

        @Override
        public void receipt(long leaf, Receipt receipt, Optional<ConfirmedIntents.IntentVerdict> verdict) {}

        @Override
        public void outcome(long intent, Receipt outcome) {}
    };

    /** Forgets everything: the log is read from its beginning, perhaps again because it has grown meanwhile. */
    void begin();

    /** {@code verdict} is empty if it needed no signature, and nothing is wrong with it. */
    void receipt(long leaf, Receipt receipt, Optional<ConfirmedIntents.IntentVerdict> verdict);

    /** {@code outcome} is the only one of the intent at leaf {@code intent}, and comes before its own receipt. */
    void outcome(long intent, Receipt outcome);
}
