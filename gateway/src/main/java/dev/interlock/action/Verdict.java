package dev.interlock.action;

/** What was decided about an attempt, as a whole. */
public sealed interface Verdict {

    Grounds grounds();

    /** It may go now. */
    record Permit(Grounds grounds) implements Verdict {}

    /** It may go once {@code obligations} are met. */
    record Hold(Grounds grounds, Obligations obligations) implements Verdict {}

    /** It may not go. */
    record Refuse(Grounds grounds, Refusal refusal) implements Verdict {}
}
