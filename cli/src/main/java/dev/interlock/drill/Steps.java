package dev.interlock.drill;

import java.util.List;

/** The guarded run's steps, in the order in which they are told. */
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

    /** {@code findings} in that order; what is unknown comes last. */
    static List<Finding> inOrder(List<Finding> findings) {
        return findings.stream()
                .sorted(java.util.Comparator.comparingInt(f -> {
                    int place = NAMES.indexOf(f.name());
                    return place < 0 ? NAMES.size() : place;
                }))
                .toList();
    }
}
