package dev.interlock.agents;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The content of {@code agents.yaml}, read once. */
record AgentsFile(
        Map<String, ModelProvider> models, List<CodingAgent> agents, Map<String, List<ConnectedFile>> connections) {

    static final AgentsFile KNOWN = read();

    private static AgentsFile read() {
        YAMLMapper mapper = YAMLMapper.builder(YAMLFactory.builder()
                        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                        .build())
                .addModule(new Jdk8Module())
                .propertyNamingStrategy(PropertyNamingStrategies.KEBAB_CASE)
                .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .build();
        try (InputStream in = Objects.requireNonNull(AgentsFile.class.getResourceAsStream("agents.yaml"))) {
            return mapper.readValue(in, AgentsFile.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
