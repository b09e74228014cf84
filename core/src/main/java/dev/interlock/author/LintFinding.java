package dev.interlock.author;

import dev.interlock.evidence.Json;
import dev.interlock.policy.PolicyProblem;
import java.util.Locale;

/**
 * A lint finding: something in a policy directory that its author may not mean.
 *
 * @param word the kind of finding
 * @param problem the place and the message
 */
public record LintFinding(LintFindingKind word, PolicyProblem problem) {

    public enum LintSeverity {
        /** The directory cannot be sealed. */
        ERROR,
        /** The directory does not do what it appears to do. */
        WARNING,
        /** The author may well mean it. */
        NOTICE
    }

    public enum LintFindingKind {
        /** Sealing rejects it: unknown fields, unknown names, policies that can never apply. */
        UNSOUND(LintSeverity.ERROR),
        /** There is no policy at all. */
        EMPTY(LintSeverity.WARNING),
        /** Destruction is permitted without anybody's signature; the vault releases no credential for that. */
        UNCONFIRMED(LintSeverity.WARNING),
        /** Forbids cover everything that a permit permits. */
        SHADOWED(LintSeverity.WARNING),
        /** A permit, budget or sequence that applies to no attempt which the rest of the policy makes possible. */
        NEVER(LintSeverity.WARNING),
        /** A forbid that applies to no attempt which is possible now. */
        UNMET(LintSeverity.NOTICE),
        /** A task allows an impact that no policy permits under it. */
        IDLE(LintSeverity.WARNING),
        /**
         * A person is in a group that nobody asks, and whose name is almost that of one; or a name is of no resource.
         */
        MISSPELLED(LintSeverity.WARNING),
        /** Nothing is permitted in an environment, or to an agent; or nobody asks the people of a group. */
        UNMENTIONED(LintSeverity.NOTICE),
        /** A permit leaves out what a wider one asks. */
        RELAXED(LintSeverity.NOTICE),
        /** In a protected environment the policy alone decides about something grave. */
        EXEMPT(LintSeverity.NOTICE),
        /** Another permit matches as well, and its obligations come on top. */
        TIGHTENED(LintSeverity.NOTICE),
        /** The owner of an agent is not among the seal's people, so the agent can do nothing. */
        OWNERLESS(LintSeverity.WARNING),
        /** The policy depends on the person behind an agent, but any administrator can take the agent's leases. */
        ANYBODY(LintSeverity.WARNING),
        /** One user of the machine takes all leases, so two people who may both use it are not told apart. */
        SHARED(LintSeverity.NOTICE),
        /** A pattern places every resource of a type outside the protected environments. */
        WIDE(LintSeverity.WARNING),
        /** The gateway cannot ask a witness who must see calls before they are sent. */
        UNREACHED(LintSeverity.WARNING),
        /** Reports the resources that a pattern covers, and those that it does not. */
        COVERS(LintSeverity.NOTICE),
        /** A policy lists names of secret files by itself, and lacks those of the built-in list. */
        SUPERSEDED(LintSeverity.WARNING),
        /** Nobody is asked about texts in these resources, because the seal says that no machine reads them. */
        UNASKED(LintSeverity.NOTICE),
        /** Resources are placed whose type no operation touches. */
        UNTOUCHED(LintSeverity.WARNING),
        /** No resource of an upstream is placed, so all of them count as protected, which is safe. */
        UNPLACED(LintSeverity.NOTICE),
        /** A plan stores its backups inside the resource that they save, so they do not count. */
        TOGETHER(LintSeverity.WARNING),
        /** A credential that can delete backups is not in the vault. */
        OUTSIDE(LintSeverity.NOTICE),
        /** Secrets in answers are replaced, but the catalog does not mark the place of some of them. */
        REVEALED(LintSeverity.NOTICE),
        /** For a limited time, reads and writes pass that no policy permits. */
        OBSERVES(LintSeverity.WARNING),
        /** A gateway that is cut off from its fleet obeys no kill that it has not heard, for a while. */
        UNHEARD(LintSeverity.WARNING),
        /** A file in the directory is not read. */
        UNREAD(LintSeverity.WARNING);

        private final LintSeverity severity;

        LintFindingKind(LintSeverity severity) {
            this.severity = severity;
        }

        public LintSeverity severity() {
            return severity;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public Json.Members json() {
        Json.Members members = Json.object()
                .with("word", word.toString())
                .with("severity", word.severity().name().toLowerCase(Locale.ROOT))
                .with("file", problem.file())
                .with("line", problem.line())
                .with("message", problem.message());
        int column = problem.position().column();
        return column > 0 ? members.with("column", column) : members;
    }

    @Override
    public String toString() {
        return problem.position() + ": " + word.severity().name().toLowerCase(Locale.ROOT) + ": " + word + ": "
                + problem.message();
    }
}
