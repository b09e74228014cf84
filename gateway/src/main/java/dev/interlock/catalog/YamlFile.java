package dev.interlock.catalog;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;

/** Reads YAML in its plain form: no key twice, no anchors, aliases or tags, one document. */
final class YamlFile {

    private final YAMLMapper mapper = YAMLMapper.builder(YAMLFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    Section read(String file, byte[] bytes) {
        try {
            refuseIndirections(file, bytes);
            JsonNode node = mapper.readTree(bytes);
            return new Section(file, "", node);
        } catch (IOException e) {
            throw new CatalogException(file, "(whole file)", "is not plain YAML: " + firstLine(e));
        }
    }

    private static String firstLine(IOException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    private void refuseIndirections(String file, byte[] bytes) throws IOException {
        try (JsonParser plain = mapper.createParser(bytes)) {
            YAMLParser parser = (YAMLParser) plain;
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (parser.isCurrentAlias() || parser.getObjectId() != null || parser.getTypeId() != null) {
                    throw new CatalogException(
                            file,
                            "line " + parser.currentLocation().getLineNr(),
                            "anchors, aliases and tags are not used here");
                }
            }
        }
    }
}
