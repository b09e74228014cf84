package dev.interlock.shapes;

import com.fasterxml.jackson.core.type.TypeReference;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A provider of models, by the name of its catalog.
 *
 * @param address where it takes API keys
 * @param header the header field for them, unless that is {@code authorization}
 * @param subscriptions where it takes the credential of a subscription, in {@code authorization}
 * @param kind of the API keys, as they are found in files
 * @param key matches each of them
 * @param form how people see it
 * @param question what people are asked for
 * @param check a read that any valid key may make, by its path
 * @param loginCheck the same at {@code subscriptions}, unless it is the same there
 * @param loginHeaders what the provider wants beside the credential of a subscription
 */
public record ModelProvider(
        String address,
        Optional<String> header,
        Optional<String> subscriptions,
        String kind,
        Pattern key,
        String form,
        String question,
        String check,
        Optional<String> loginCheck,
        Optional<Map<String, String>> loginHeaders) {

    private static final Map<String, ModelProvider> KNOWN =
            YamlResource.read(ModelProvider.class, "models.yaml", new TypeReference<>() {});

    /** Returns the provider with that catalog; empty if it has no models. */
    public static Optional<ModelProvider> of(String catalog) {
        return Optional.ofNullable(KNOWN.get(catalog));
    }

    public static Set<String> names() {
        return KNOWN.keySet();
    }
}
