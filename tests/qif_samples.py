"""A small QIF result document whose parts the tests exchange one by one."""

from __future__ import annotations

QIF = """<?xml version="1.0" encoding="UTF-8"?>
<QIFDocument xmlns="http://qifstandards.org/xsd/qif2" versionQIF="2.1.0" idMax="99">
<QPId>e977f3ea-8723-4881-97b0-a8bcb0a7331a</QPId>
<Version><TimeCreated>2017-03-07T10:50:35</TimeCreated></Version>
<FileUnits><PrimaryUnits>
<AngularUnit><UnitName>degree</UnitName><UnitConversion><Factor>0.017453292519943</Factor></UnitConversion></AngularUnit>
<LinearUnit><UnitName>mm</UnitName><UnitConversion><Factor>0.001</Factor></UnitConversion></LinearUnit>
</PrimaryUnits></FileUnits>
<DatumDefinitions n="2"><DatumDefinition id="1"><DatumLabel>A</DatumLabel></DatumDefinition>
<DatumDefinition id="2"><DatumLabel>B</DatumLabel></DatumDefinition></DatumDefinitions>
<DatumReferenceFrames n="1"><DatumReferenceFrame id="3"><Datums n="2">
<Datum><SimpleDatum><DatumDefinitionId>2</DatumDefinitionId><MaterialModifier>MAXIMUM</MaterialModifier></SimpleDatum>
<Precedence><PrecedenceEnum>SECONDARY</PrecedenceEnum></Precedence></Datum>
<Datum><SimpleDatum><DatumDefinitionId>1</DatumDefinitionId><MaterialModifier>NONE</MaterialModifier></SimpleDatum>
<Precedence><PrecedenceEnum>PRIMARY</PrecedenceEnum></Precedence></Datum></Datums></DatumReferenceFrame>
</DatumReferenceFrames>
<Features><FeatureDefinitions n="1"><CylinderFeatureDefinition id="10"><InternalExternal>INTERNAL</InternalExternal>
<Diameter>6.6</Diameter></CylinderFeatureDefinition></FeatureDefinitions>
<FeatureNominals n="1"><CylinderFeatureNominal id="11"><FeatureDefinitionId>10</FeatureDefinitionId>
</CylinderFeatureNominal></FeatureNominals>
<FeatureItems n="1"><CylinderFeatureItem id="12"><FeatureNominalId>11</FeatureNominalId>
<FeatureName>HOLE1</FeatureName></CylinderFeatureItem></FeatureItems></Features>
<Characteristics><CharacteristicDefinitions n="3">
<DiameterCharacteristicDefinition id="20"><Tolerance><MaxValue>0.2</MaxValue><MinValue>-0.1</MinValue>
<DefinedAsLimit>false</DefinedAsLimit></Tolerance></DiameterCharacteristicDefinition>
<PositionCharacteristicDefinition id="21"><ToleranceValue>0.5</ToleranceValue>
<DatumReferenceFrameId>3</DatumReferenceFrameId><MaterialCondition>MAXIMUM</MaterialCondition>
</PositionCharacteristicDefinition>
<AngleBetweenCharacteristicDefinition id="22"><Tolerance><MaxValue>91</MaxValue><MinValue>89</MinValue>
<DefinedAsLimit>true</DefinedAsLimit></Tolerance></AngleBetweenCharacteristicDefinition>
</CharacteristicDefinitions>
<CharacteristicNominals n="3">
<DiameterCharacteristicNominal id="30"><CharacteristicDefinitionId>20</CharacteristicDefinitionId>
<TargetValue>6.6</TargetValue></DiameterCharacteristicNominal>
<PositionCharacteristicNominal id="31"><CharacteristicDefinitionId>21</CharacteristicDefinitionId>
</PositionCharacteristicNominal>
<AngleBetweenCharacteristicNominal id="32"><CharacteristicDefinitionId>22</CharacteristicDefinitionId>
<TargetValue>90</TargetValue></AngleBetweenCharacteristicNominal>
</CharacteristicNominals>
<CharacteristicItems n="3">
<DiameterCharacteristicItem id="40"><Name>DIAMETER1</Name><FeatureItemIds n="1"><Id>12</Id></FeatureItemIds>
<CharacteristicNominalId>30</CharacteristicNominalId></DiameterCharacteristicItem>
<PositionCharacteristicItem id="41"><Name>POSITION1</Name><FeatureItemIds n="1"><Id>12</Id></FeatureItemIds>
<CharacteristicNominalId>31</CharacteristicNominalId></PositionCharacteristicItem>
<AngleBetweenCharacteristicItem id="42"><Name>ANGLE1</Name>
<CharacteristicNominalId>32</CharacteristicNominalId></AngleBetweenCharacteristicItem>
</CharacteristicItems></Characteristics>
<MeasurementsResults><MeasurementResultsSet n="1"><MeasurementResults id="50">
<MeasuredFeatures><FeatureActuals n="1"><CylinderFeatureActual id="51"><FeatureItemId>12</FeatureItemId>
</CylinderFeatureActual></FeatureActuals></MeasuredFeatures>
<MeasuredCharacteristics><CharacteristicActuals n="3">
<DiameterCharacteristicActual id="52"><Status><CharacteristicStatusEnum>PASS</CharacteristicStatusEnum></Status>
<CharacteristicItemId>40</CharacteristicItemId><FeatureActualIds n="1"><Id>51</Id></FeatureActualIds>
<Value>6.7</Value></DiameterCharacteristicActual>
<PositionCharacteristicActual id="53"><Status><CharacteristicStatusEnum>PASS</CharacteristicStatusEnum></Status>
<CharacteristicItemId>41</CharacteristicItemId><FeatureActualIds n="1"><Id>51</Id></FeatureActualIds>
<Value>0.65</Value></PositionCharacteristicActual>
<AngleBetweenCharacteristicActual id="54"><Status><CharacteristicStatusEnum>FAIL</CharacteristicStatusEnum></Status>
<CharacteristicItemId>42</CharacteristicItemId><Value>91.5</Value></AngleBetweenCharacteristicActual>
</CharacteristicActuals></MeasuredCharacteristics>
<InspectionStatus><InspectionStatusEnum>FAIL</InspectionStatusEnum></InspectionStatus>
<ActualComponentIds n="1"><Id>60</Id></ActualComponentIds></MeasurementResults></MeasurementResultsSet>
<ActualComponentSets n="1"><ActualComponentSet n="1"><ActualComponent id="60"><SerialNumber>SN-1</SerialNumber>
</ActualComponent></ActualComponentSet></ActualComponentSets></MeasurementsResults></QIFDocument>
"""


def qif(*changes: tuple[str, str]) -> bytes:
    """The document with texts replaced; a change that finds nothing is a fault of the test."""
    text = QIF
    for old, new in changes:
        if old not in text:
            raise ValueError(old)
        text = text.replace(old, new)
    return text.encode()
