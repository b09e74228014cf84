package dev.interlock.action;

import dev.interlock.evidence.Keyword;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The seal's rules for sandboxes and decoys.
 *
 * @param executed further patterns of paths that run by themselves later
 * @param notExecuted built-in patterns of such paths that do not count here
 * @param presented the reaction to a decoy presented as a credential; that call is refused in any case
 * @param inBodies the reaction to a decoy elsewhere in a call, such as in a conversation that quotes a file
 * @param files what agents may write; strict, if empty
 * @param services the local services that agents may use, by name; {@link LocalService#ANY} for whichever the person
 *     names who starts the agent
 */
public record SandboxRules(
        Set<String> executed,
        Set<String> notExecuted,
        DecoyReaction presented,
        DecoyReaction inBodies,
        Optional<FileProtection> files,
        Set<String> services) {

    /** The files of a workspace that agents may not write. */
    public enum FileProtection implements Keyword {
        /** Those that run without somebody who knows it. What a person or CI builds is writable, and reported. */
        STANDARD,
        /** All that run by themselves later, also in CI and by the package manager, and git's configuration. */
        STRICT;

        /** Returns the one with the name {@code word}; throws {@link IllegalArgumentException} if there is none. */
        public static FileProtection of(String word) {
            return Keyword.find(FileProtection.class, word)
                    .orElseThrow(() -> new IllegalArgumentException("it must be `standard` or `strict`"));
        }
    }

    /** The reaction to a decoy. Each includes those before it. */
    public enum DecoyReaction implements Keyword {
        /** An alert is raised, once for each lease and decoy. */
        ALERT,
        /** The call is refused. */
        REFUSE,
        /** The lease ends. */
        KILL;

        /**
         * Returns the reaction with the name {@code word}; throws {@link IllegalArgumentException} if there is none.
         */
        public static DecoyReaction of(String word) {
            return Keyword.find(DecoyReaction.class, word)
                    .orElseThrow(() -> new IllegalArgumentException("it must be `alert`, `refuse` or `kill`"));
        }
    }

    /** The default, if the seal says nothing. An agent that read a file with a decoy in it may go on working. */
    public static final SandboxRules USUAL =
            new SandboxRules(Set.of(), Set.of(), DecoyReaction.REFUSE, DecoyReaction.ALERT, Optional.empty(), Set.of());

    public SandboxRules {
        executed = Collections.unmodifiableSet(new TreeSet<>(executed));
        notExecuted = Collections.unmodifiableSet(new TreeSet<>(notExecuted));
        services = Collections.unmodifiableSet(new TreeSet<>(services));
        services.stream().filter(name -> !name.equals(LocalService.ANY)).forEach(LocalService::requireName);
        executed.forEach(ExecutedPaths::requirePattern);
        Set<String> unknown = new TreeSet<>(notExecuted);
        unknown.removeAll(ExecutedPaths.usual().patterns());
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException("`" + unknown.iterator().next()
                    + "` is not one of the known paths that are executed automatically");
        }
        if (executed.size() + ExecutedPaths.usual().entries().size() > ExecutedPaths.MOST) {
            throw new IllegalArgumentException(
                    "there are more than " + ExecutedPaths.MOST + " paths that are executed automatically");
        }
        if (presented == DecoyReaction.ALERT) {
            throw new IllegalArgumentException("a presented decoy is always refused: write `refuse` or `kill`");
        }
    }

    /** Returns all paths that run by themselves, and with {@code standard} also those that builds start. */
    public ExecutedPaths paths() {
        ExecutedPaths paths = ExecutedPaths.usual().withChanges(executed, notExecuted);
        return isStandard() ? paths.withBuilds() : paths.allHeld();
    }

    /** Whether agents may write what a person or CI starts, and the harmless settings of git. */
    public boolean isStandard() {
        return files.equals(Optional.of(FileProtection.STANDARD));
    }

    /** Whether agents may use the local service {@code name}. */
    public boolean permitsService(String name) {
        return services.contains(LocalService.ANY) || services.contains(name);
    }
}
