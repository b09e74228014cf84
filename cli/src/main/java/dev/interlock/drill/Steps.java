package dev.interlock.drill;

import java.util.List;

/** The order of the guarded run's steps in the report. */
final class Steps {

    static final List<String> NAMES = List.of(
            "ordinary-work",
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

    private Steps() {}

    /** Returns {@code findings} in that order; unknown ones come last. */
    static List<Finding> inOrder(List<Finding> findings) {
        return findings.stream()
                .sorted(java.util.Comparator.comparingInt(f -> {
                    int place = NAMES.indexOf(f.name());
                    return place < 0 ? NAMES.size() : place;
                }))
                .toList();
    }
}
