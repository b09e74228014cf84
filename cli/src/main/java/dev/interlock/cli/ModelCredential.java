package dev.interlock.cli;

import dev.interlock.action.Secret;
import java.util.Optional;

/** The credential with which the gateway asks a model, by its form. */
enum ModelCredential {
    API_KEY("API key"),

    /**
     * The token of a Claude subscription that {@code claude setup-token} prints, or a
     * {@link dev.interlock.setup.ChatGptLogin}. It is sent as a bearer token.
     */
    SUBSCRIPTION("token of a subscription");

    private final String words;

    ModelCredential(String words) {
        this.words = words;
    }

    /** Returns what people call it. */
    String words() {
        return words;
    }

    /**
     * Returns what {@code secret} is for {@code provider}. What has no known form is a key, as of a provider's proxy.
     *
     * @throws UsageException if it can ask no model
     */
    static ModelCredential of(String provider, Secret secret) {
        return secret.use(text -> switch (provider) {
            case "anthropic" -> ofAnthropic(text);
            case "openai" -> ofOpenAi(text);
            default -> API_KEY;
        });
    }

    private static ModelCredential ofAnthropic(String text) {
        if (text.startsWith("sk-ant-oat")) {
            return SUBSCRIPTION;
        }
        if (text.startsWith("sk-ant-ort")) {
            throw new UsageException("that only renews a login; use what `claude setup-token` prints");
        }
        if (text.startsWith("sk-ant-admin")) {
            throw new UsageException("that is an administrator's key, with which no model is asked; use an API key");
        }
        return API_KEY;
    }

    private static ModelCredential ofOpenAi(String text) {
        if (text.startsWith("eyJ") || text.startsWith("{")) {
            throw new UsageException(
                    "that is of a login of ChatGPT; use an API key of OpenAI, or the file of the login:"
                            + " `interlock upstream add openai --login FILE`");
        }
        if (text.startsWith("sk-admin-")) {
            throw new UsageException("that is an administrator's key, with which no model is asked; use an API key");
        }
        return API_KEY;
    }

    /** Returns what people are asked for. */
    static String question(String provider) {
        return provider.equals("anthropic")
                ? "API key of anthropic, or the token that `claude setup-token` prints"
                : "API key of " + provider;
    }

    /** Returns the header field in which {@code provider} takes it, unless that is {@code authorization}. */
    Optional<String> header(ModelUpstream provider) {
        return switch (this) {
            case API_KEY -> provider.keyHeader();
            case SUBSCRIPTION -> Optional.empty();
        };
    }
}
