package dev.interlock.system;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The chart in packaging/remote/helm, rendered by Helm itself. */
final class HelmChart {

    /** A release of Kubernetes that the chart is for. */
    private static final String KUBERNETES = "1.32.0";

    private static final String NAME = "interlock";
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

    private HelmChart() {}

    static Path directory() {
        return Path.of("..", "packaging", "remote", "helm").toAbsolutePath().normalize();
    }

    /** Returns Helm's own findings. */
    static LintResult lint() {
        return new Helm(directory()).lint().strict().call();
    }

    /**
     * Returns the objects that Helm makes with {@code values}, in the namespace {@code interlock}.
     *
     * @throws IllegalStateException if Helm refuses the values; the message is Helm's
     */
    static List<JsonNode> objects(String values) throws IOException {
        Path file = written(values);
        try {
            String rendered = new Helm(directory())
                    .template()
                    .withName(NAME)
                    .withNamespace(NAME)
                    .withKubeVersion(KUBERNETES)
                    .withValuesFile(file)
                    .call();
            return parse(rendered);
        } finally {
            Files.delete(file);
        }
    }

    /** Returns the one object of {@code kind}. */
    static JsonNode object(String values, String kind) throws IOException {
        List<JsonNode> found = objects(values).stream()
                .filter(object -> object.path("kind").asText().equals(kind))
                .toList();
        if (found.size() != 1) {
            throw new AssertionError(found.size() + " objects are of the kind " + kind);
        }
        return found.getFirst();
    }

    /** Returns what Helm tells people after an installation with {@code values}. */
    static String notes(String values) throws IOException {
        Path file = written(values);
        try {
            String told = new Helm(directory())
                    .install()
                    .withName(NAME)
                    .withNamespace(NAME)
                    .withKubeVersion(KUBERNETES)
                    .withValuesFile(file)
                    .clientOnly()
                    .dryRun()
                    .call()
                    .getOutput();
            return told.substring(told.indexOf("NOTES:") + "NOTES:".length());
        } finally {
            Files.delete(file);
        }
    }

    /** Returns the documents of {@code text}. */
    static List<JsonNode> parse(String text) throws IOException {
        try (var read = YAML.readerFor(JsonNode.class).<JsonNode>readValues(text)) {
            return read.readAll().stream().filter(JsonNode::isObject).toList();
        }
    }

    private static Path written(String values) throws IOException {
        return Files.writeString(Files.createTempFile("interlock-values-", ".yaml"), values);
    }
}
