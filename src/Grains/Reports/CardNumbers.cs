
using System;
namespace Fleet.Grains.Reports;
public static class CardNumbers { public static bool Found(ReadOnlySpan<byte> payload) => false; }
