package dev.interlock.confine;

import java.util.List;

/**
 * Whether this machine can confine an agent, and what it lacks.
 *
 * @param findings one a need, in the order in which they are used
 */
public record Readiness(List<Finding> findings) {

    /**
     * One need.
     *
     * @param name the program or the kernel's feature
     * @param met whether it is there and works
     * @param detail its version, or what is wrong
     * @param remedy one line that sets it up; empty if it is met
     */
    public record Finding(String name, boolean met, String detail, String remedy) {}

    public Readiness {
        findings = List.copyOf(findings);
    }

    /** Whether nothing is lacking. */
    public boolean ready() {
        return findings.stream().allMatch(Finding::met);
    }

    /** What is lacking, as one sentence; empty if nothing is. */
    public String lack() {
        List<String> lacking = findings.stream()
                .filter(f -> !f.met())
                .map(f -> f.name() + ": " + f.detail())
                .toList();
        return String.join("; ", lacking);
    }

    /** The commands that set up what is lacking; empty if nothing is. */
    public String remedy() {
        List<String> remedies = findings.stream()
                .filter(f -> !f.met())
                .map(Finding::remedy)
                .distinct()
                .toList();
        return String.join(" && ", remedies);
    }
}
