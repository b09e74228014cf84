package dev.interlock.catalog.graphql;

import java.math.BigDecimal;

/** Accepts only numbers that are the same to every reader. */
final class ExactNumbers {

    /** The largest whole number. A reader that uses doubles rounds beyond 2^53 − 1 (RFC 7493 §2.2). */
    private static final BigDecimal MAX_WHOLE = BigDecimal.valueOf((1L << 53) - 1);

    /** Maximum significant digits. A longer fraction has no single double, and would only allow tricks. */
    private static final int MAX_DIGITS = 15;

    private static final int MAX_SCALE = 15;

    private ExactNumbers() {}

    static BigDecimal exact(BigDecimal value) {
        // Check the sizes before any computation: 1e999999999 would fill the memory.
        if (value.precision() > 40 || Math.abs((long) value.scale()) > 40) {
            throw inexact();
        }
        BigDecimal plain = value.signum() == 0 ? BigDecimal.ZERO : value.stripTrailingZeros();
        boolean fits = plain.scale() <= 0
                ? plain.abs().compareTo(MAX_WHOLE) <= 0
                : plain.precision() <= MAX_DIGITS && plain.scale() <= MAX_SCALE;
        if (!fits) {
            throw inexact();
        }
        return plain.scale() < 0 ? plain.setScale(0) : plain;
    }

    static String text(BigDecimal value) {
        return value.toPlainString();
    }

    private static UnreadableException inexact() {
        return new UnreadableException(GraphqlRefusals.NUMBER);
    }
}
