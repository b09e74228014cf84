package dev.interlock.cli;

import dev.interlock.action.Secret;
import dev.interlock.adopt.FoundCredential;
import dev.interlock.shapes.ModelProvider;
import java.util.Optional;

/** The credential with which the gateway asks a model, by its form. */
enum ModelCredential {
    API_KEY("API key"),

    /** Of {@code claude setup-token}, or a {@link dev.interlock.setup.ChatGptLogin}: sent as a bearer token. */
    SUBSCRIPTION("token of a subscription");

    private final String words;

    ModelCredential(String words) {
        this.words = words;
    }

    String words() {
        return words;
    }

    /** Throws UsageException if {@code secret} can ask no model of that provider. One of no model is not judged. */
    static ModelCredential of(String provider, Secret secret) {
        return secret.use(text -> of(provider, text));
    }

    private static ModelCredential of(String provider, String text) {
        Optional<ModelProvider> form = ModelProvider.of(provider);
        if (form.isEmpty()) {
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
                    "that is of a login of ChatGPT; use an API key of OpenAI, or the file of the login: `interlock upstream add openai --login FILE`");
        }
        if (!form.get().key().matcher(text).matches()) {
            throw new UsageException("that is no key of " + provider + ", and nothing was stored: "
                    + form.get().form()
                    + ". For a key of another address: interlock upstream add " + provider
                    + " --address URL --name NAME --token-from SOURCE");
        }
        return text.startsWith("sk-ant-oat") ? SUBSCRIPTION : API_KEY;
    }

    static boolean isApiKey(String provider, FoundCredential found) {
        if (ModelProvider.of(provider)
                .filter(form -> found.kind().id().equals(form.kind()))
                .isEmpty()) {
            return false;
        }
        try {
            return of(provider, found.secret()) == API_KEY;
        } catch (UsageException e) {
            return false;
        }
    }

    /** Returns the header field in which {@code provider} takes it, unless that is {@code authorization}. */
    Optional<String> header(ModelProvider provider) {
        return this == API_KEY ? provider.header() : Optional.empty();
    }

    String address(ModelProvider provider) {
        return this == API_KEY ? provider.address() : provider.subscriptions().orElseThrow();
    }
}
