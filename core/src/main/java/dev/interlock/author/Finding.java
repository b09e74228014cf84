package dev.interlock.author;

import dev.interlock.evidence.Json;
import dev.interlock.policy.Problem;
import java.util.Locale;

/**
 * What a policy directory says that its author may not mean.
 *
 * @param word of what kind it is
 * @param problem where, and what
 */
public record Finding(Word word, Problem problem) {

    /** How bad it is. */
    public enum Severity {
        /** It cannot be sealed. */
        ERROR,
        /** It does not do what it looks like. */
        WARNING,
        /** It may well be meant. */
        NOTICE
    }

    /** The kinds. */
    public enum Word {
        /** Sealing refuses it: fields that do not exist, names that lead nowhere, what can never fire. */
        UNSOUND(Severity.ERROR),
        /** There is no policy at all. */
        EMPTY(Severity.WARNING),
        /** Destruction is permitted without anybody's signature; the vault opens nothing for that. */
        UNCONFIRMED(Severity.WARNING),
        /** Whatever it permits, a forbid forbids. */
        SHADOWED(Severity.WARNING),
        /** A permit, budget or sequence that decides about no attempt which the rest of the policy makes possible. */
        NEVER(Severity.WARNING),
        /** A forbid whose conditions no attempt meets which is possible now. */
        UNMET(Severity.NOTICE),
        /** A task allows an impact that no policy permits under it. */
        IDLE(Severity.WARNING),
        /** Nothing is permitted in an environment, or to an agent. */
        UNMENTIONED(Severity.NOTICE),
        /** Where another permit matches as well, that one's obligations come on top. */
        TIGHTENED(Severity.NOTICE),
        /** Nobody of the seal answers for an agent, which therefore does nothing. */
        OWNERLESS(Severity.WARNING),
        /** It matters who is behind an agent, and whoever administers takes its leases. */
        ANYBODY(Severity.WARNING),
        /** A pattern places every resource of a type outside the protected environments. */
        WIDE(Severity.WARNING),
        /** What a pattern of resources covers, and what not. */
        COVERS(Severity.NOTICE),
        /** Things are placed of a type that no operation touches. */
        UNTOUCHED(Severity.WARNING),
        /** Nothing of an upstream is placed, so that all of it counts as protected. */
        UNPLACED(Severity.WARNING),
        /** A plan whose backups lie in what they are of, and so count for nothing. */
        TOGETHER(Severity.WARNING),
        /** A credential that can delete backups, and that the vault has no slot for. */
        OUTSIDE(Severity.NOTICE),
        /** Secrets in answers are replaced, and a catalog does not say where in some of them they stand. */
        REVEALED(Severity.NOTICE),
        /** For a while, reads and writes go that no policy permits. */
        OBSERVES(Severity.WARNING),
        /** A file that is not read. */
        UNREAD(Severity.WARNING);

        private final Severity severity;

        Word(Severity severity) {
            this.severity = severity;
        }

        /** How bad it is. */
        public Severity severity() {
            return severity;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** For programs. */
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
