package dev.interlock.agents;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * How an agent starts confined.
 *
 * <p>Settings are files and directories below the home. The agent gets copies of them without credentials, and may
 * change its copies. Its login is not among them: the gateway has the credential.
 *
 * @param conversations their directory, of which a new home gets a copy; empty for none
 * @param instructions the file below the home with its instructions for all projects
 * @param settings below the home
 * @param variables the environment variables that it needs inside
 * @param key how it gets the lease in the place of its login if the gateway has an API key
 * @param subscription the same if the gateway has a subscription's credential, unless that is the same
 * @param overriding the settings that it would take before the lease
 * @param arguments those that come before the ones of its user
 * @param wrapper the setting of its extension for VS Code that names a wrapper, if there is one
 */
public record Protection(
        String conversations,
        String instructions,
        List<String> settings,
        Map<String, String> variables,
        LeaseForm key,
        Optional<LeaseForm> subscription,
        Overriding overriding,
        List<String> arguments,
        Optional<String> wrapper) {

    /** No variable. */
    private static final Pattern NONE = Pattern.compile("(?!)");

    @SuppressWarnings("NullAway") // the reader passes null for what is absent
    public Protection {
        conversations = Objects.requireNonNullElse(conversations, "");
        settings = List.copyOf(settings);
        variables = variables == null ? Map.of() : Map.copyOf(variables);
        overriding = overriding == null ? new Overriding(Set.of(), NONE) : overriding;
        arguments = CodingAgent.list(arguments);
    }

    /**
     * A form in which it takes the lease.
     *
     * @param line of the shell, before it starts
     * @param arguments of its own
     */
    public record LeaseForm(String line, List<String> arguments) {
        @SuppressWarnings("NullAway")
        public LeaseForm {
            line = Objects.requireNonNullElse(line, "");
            arguments = CodingAgent.list(arguments);
        }
    }

    /**
     * The settings by which a person chooses a login or another provider, which are left out of the copies.
     *
     * @param members of a settings file
     * @param variables names of environment variables in its member {@code env}
     */
    public record Overriding(Set<String> members, Pattern variables) {
        public Overriding {
            members = Set.copyOf(members);
        }
    }

    /**
     * Returns the form in which the agent gets its lease.
     *
     * @param hasSubscription whether the gateway has the credential of a subscription
     */
    public LeaseForm lease(boolean hasSubscription) {
        return hasSubscription ? subscription.orElse(key) : key;
    }
}
