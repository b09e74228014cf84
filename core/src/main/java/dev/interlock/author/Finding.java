package dev.interlock.author;

import dev.interlock.evidence.Json;
import dev.interlock.policy.Problem;
import java.util.Locale;

/**
 * A lint finding: something in a policy directory that its author may not mean.
 *
 * @param word the kind of finding
 * @param problem the place and the message
 */
public record Finding(Word word, Problem problem) {

    /** The severity of a finding. */
    public enum Severity {
        /** The directory cannot be sealed. */
        ERROR,
        /** The directory does not do what it appears to do. */
        WARNING,
        /** The author may well mean it. */
        NOTICE
    }

    /** The kinds of findings. */
    public enum Word {
        /** Sealing rejects it: unknown fields, unknown names, policies that can never apply. */
        UNSOUND(Severity.ERROR),
        /** There is no policy at all. */
        EMPTY(Severity.WARNING),
        /** Destruction is permitted without anybody's signature; the vault releases no credential for that. */
        UNCONFIRMED(Severity.WARNING),
        /** Forbids cover everything that a permit permits. */
        SHADOWED(Severity.WARNING),
        /** A permit, budget or sequence that applies to no attempt which the rest of the policy makes possible. */
        NEVER(Severity.WARNING),
        /** A forbid that applies to no attempt which is possible now. */
        UNMET(Severity.NOTICE),
        /** A task allows an impact that no policy permits under it. */
        IDLE(Severity.WARNING),
        /** Nothing is permitted in an environment, or to an agent. */
        UNMENTIONED(Severity.NOTICE),
        /** Another permit matches as well, and its obligations come on top. */
        TIGHTENED(Severity.NOTICE),
        /** The owner of an agent is not among the seal's people, so the agent can do nothing. */
        OWNERLESS(Severity.WARNING),
        /** The policy depends on the person behind an agent, but any administrator can take the agent's leases. */
        ANYBODY(Severity.WARNING),
        /** A pattern places every resource of a type outside the protected environments. */
        WIDE(Severity.WARNING),
        /** Reports the resources that a pattern covers, and those that it does not. */
        COVERS(Severity.NOTICE),
        /** Resources are placed whose type no operation touches. */
        UNTOUCHED(Severity.WARNING),
        /** No resource of an upstream is placed, so all of them count as protected. */
        UNPLACED(Severity.WARNING),
        /** A plan stores its backups inside the resource that they save, so they do not count. */
        TOGETHER(Severity.WARNING),
        /** A credential that can delete backups is not in the vault. */
        OUTSIDE(Severity.NOTICE),
        /** Secrets in answers are replaced, but the catalog does not mark the place of some of them. */
        REVEALED(Severity.NOTICE),
        /** For a limited time, reads and writes pass that no policy permits. */
        OBSERVES(Severity.WARNING),
        /** A file in the directory is not read. */
        UNREAD(Severity.WARNING);

        private final Severity severity;

        Word(Severity severity) {
            this.severity = severity;
        }

        /** Returns the severity of this kind. */
        public Severity severity() {
            return severity;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Returns the finding as JSON. */
    public Json.Members json() {
        return Json.object()
                .with("word", word.toString())
                .with("severity", word.severity().name().toLowerCase(Locale.ROOT))
                .with("file", problem.file())
                .with("line", problem.line())
                .with("message", problem.message());
    }

    @Override
    public String toString() {
        return problem.file() + (problem.line() > 0 ? ":" + problem.line() : "") + ": "
                + word.severity().name().toLowerCase(Locale.ROOT) + ": " + word + ": " + problem.message();
    }
}
