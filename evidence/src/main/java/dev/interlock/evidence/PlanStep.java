package dev.interlock.evidence;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The place of a call in a plan, an ordered list of calls that people confirm at once. Each is used once, and only
 * after the one before it.
 *
 * @param first the hold of the first step, which names the plan
 * @param step from 1
 * @param of the number of steps
 * @param after {@link #mark} of the step before it; empty for the first
 */
public record PlanStep(String first, long step, long of, Optional<String> after) {

    private static final String FIRST = "first";
    private static final String STEP = "step";
    private static final String OF = "of";
    private static final String AFTER = "after";

    public PlanStep {
        if (of < 2 || of > StatementList.MAX || step < 1 || step > of) {
            throw new MalformedException("a plan has 2 to " + StatementList.MAX + " steps");
        }
        if (after.isPresent() == (step == 1) || !after.stream().allMatch(StrictFields::isDigest)) {
            throw new MalformedException("each step of a plan but the first names the one before it");
        }
    }

    /** Returns what the use of {@code statement} leaves behind: the next step names it, and it tells nothing else. */
    public static String mark(Statement statement) {
        return Sha256.hex(statement.nonce().getBytes(StandardCharsets.UTF_8));
    }

    static PlanStep read(StrictFields fields) {
        return new PlanStep(fields.name(FIRST), fields.count(STEP), fields.count(OF), fields.optionalText(AFTER));
    }

    Json.Members json() {
        return Json.object().with(FIRST, first).with(STEP, step).with(OF, of).withOptional(AFTER, after);
    }
}
