"""The bare pipeline: the hops of a birth by plain aiokafka and PyMongo, with no guarantee."""
