package dev.interlock.confine;

import java.util.List;

/** The requirements for confining an agent on this machine, in the order in which they are used. */
public record SandboxReadiness(List<SandboxRequirement> findings) {

    /**
     * One requirement of the sandbox.
     *
     * @param detail its version, or the problem
     * @param remedy one line that sets it up; empty if it is met
     */
    public record SandboxRequirement(String name, boolean met, String detail, String remedy) {}

    public SandboxReadiness {
        findings = List.copyOf(findings);
    }

    public boolean ready() {
        return findings.stream().allMatch(SandboxRequirement::met);
    }

    /** Returns what is missing, as one sentence; empty if nothing is. */
    public String lack() {
        List<String> lacking = findings.stream()
                .filter(f -> !f.met())
                .map(f -> f.name() + ": " + f.detail())
                .toList();
        return String.join("; ", lacking);
    }

    /** Returns the commands that set up what is missing; empty if nothing is. */
    public String remedy() {
        List<String> remedies = findings.stream()
                .filter(f -> !f.met())
                .map(SandboxRequirement::remedy)
                .distinct()
                .toList();
        return String.join(" && ", remedies);
    }
}
