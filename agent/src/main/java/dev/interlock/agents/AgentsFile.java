package dev.interlock.agents;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.interlock.shapes.YamlResource;
import java.util.List;
import java.util.Map;

/** The content of {@code agents.yaml}, read once. */
record AgentsFile(List<CodingAgent> agents, Map<String, List<ConnectedFile>> connections) {

    static final AgentsFile KNOWN = YamlResource.read(AgentsFile.class, "agents.yaml", new TypeReference<>() {});
}
