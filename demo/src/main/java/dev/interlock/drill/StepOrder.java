package dev.interlock.drill;

import java.util.List;

/** The order of the guarded run's steps in the report. */
final class StepOrder {

    static final List<String> NAMES = List.of(
            "ordinary-work",
            "rewound-branch",
            "changed-tool",
            "direct",
            "foreign-credential",
            "shared-volume",
            "secrets",
            "no-backup",
            "hold",
            "self-lease",
            "self-seal",
            "self-sign",
            "edit-policy",
            "edit-ledger",
            "kill-gateway",
            "release",
            "changed",
            "replay");

    private StepOrder() {}

    /** Returns {@code findings} in that order; unknown ones come last. */
    static List<StepFinding> inOrder(List<StepFinding> findings) {
        return findings.stream()
                .sorted(java.util.Comparator.comparingInt(f -> {
                    int place = NAMES.indexOf(f.name());
                    return place < 0 ? NAMES.size() : place;
                }))
                .toList();
    }
}
