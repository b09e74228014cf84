package dev.interlock.cli;

import dev.interlock.action.Secret;
import dev.interlock.adopt.FoundCredential;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** The credential with which the gateway asks a model, by its form. */
enum ModelCredential {
    API_KEY("API key"),

    /**
     * The token of a Claude subscription that {@code claude setup-token} prints, or a
     * {@link dev.interlock.setup.ChatGptLogin}. It is sent as a bearer token.
     */
    SUBSCRIPTION("token of a subscription");

    /**
     * The form of a provider's credentials.
     *
     * @param kind of the API keys, as they are found in files
     * @param whole matches each of them
     * @param words how people see it
     */
    private record KeyForm(String kind, Pattern whole, String words) {}

    /** Google has changed its form before, so a key of Gemini is only not one of another provider's. */
    private static final Map<String, KeyForm> FORMS = Map.of(
            "anthropic",
            new KeyForm(
                    "anthropic-key",
                    Pattern.compile("sk-ant-[\\w-]{20,}"),
                    "an API key begins with `sk-ant-api`, and what `claude setup-token` prints with `sk-ant-oat`"),
            "openai",
            new KeyForm("openai-key", Pattern.compile("sk-(?!ant-|or-)[\\w-]{20,}"), "an API key begins with `sk-`"),
            "gemini",
            new KeyForm(
                    "google-api-key",
                    Pattern.compile("(?!sk-|gsk_|xai-|hf_|gh[pousr]_|github_pat_|ya29[.]|eyJ)[\\w.-]{20,}"),
                    "an API key begins with `AQ.` or `AIza`"));

    private final String words;

    ModelCredential(String words) {
        this.words = words;
    }

    /** Returns what people call it. */
    String words() {
        return words;
    }

    /**
     * Returns what {@code secret} is for {@code provider}, which is asked at its own address. A provider of no model is
     * not judged.
     *
     * @throws UsageException if it can ask no model of that provider
     */
    static ModelCredential of(String provider, Secret secret) {
        return secret.use(text -> of(provider, text));
    }

    private static ModelCredential of(String provider, String text) {
        KeyForm form = FORMS.get(provider);
        if (form == null) {
            return API_KEY;
        }
        if (text.startsWith("sk-ant-ort")) {
            throw new UsageException("that only renews a login; use what `claude setup-token` prints");
        }
        if (text.startsWith("sk-ant-admin") || text.startsWith("sk-admin-")) {
            throw new UsageException("that is an administrator's key, with which no model is asked; use an API key");
        }
        if (provider.equals("openai") && (text.startsWith("eyJ") || text.startsWith("{"))) {
            throw new UsageException(
                    "that is of a login of ChatGPT; use an API key of OpenAI, or the file of the login:"
                            + " `interlock upstream add openai --login FILE`");
        }
        if (!form.whole().matcher(text).matches()) {
            throw new UsageException("that is no key of " + provider + ", and nothing was stored: " + form.words()
                    + ". For a key of another address, write the upstream into interlock.yaml (docs/catalogs.md), and"
                    + " store it with `interlock vault put`");
        }
        return text.startsWith("sk-ant-oat") ? SUBSCRIPTION : API_KEY;
    }

    /** Returns whether {@code found} is an API key of {@code provider}. A login, or an administrator's key, is not. */
    static boolean isApiKey(String provider, FoundCredential found) {
        KeyForm form = FORMS.get(provider);
        if (form == null || !found.kind().id().equals(form.kind())) {
            return false;
        }
        try {
            return of(provider, found.secret()) == API_KEY;
        } catch (UsageException e) {
            return false;
        }
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
